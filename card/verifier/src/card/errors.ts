import { OUTCOME_OF } from "./generated/messages.js";

/** The four answers a person can act on. */
export type Outcome = "valid" | "invalid" | "status-old" | "cannot-check";

/** Every code a verifier may answer (card/messages.py). */
export type Code = keyof typeof OUTCOME_OF;

/** A card is not accepted. `outcome` is "invalid" or "cannot-check"; the sentences are in SENTENCES. */
export class VerificationError extends Error {
  readonly outcome: Outcome;

  constructor(
    readonly code: Code,
    detail = "",
  ) {
    super(detail ? `${code}: ${detail}` : code);
    this.name = "VerificationError";
    this.outcome = OUTCOME_OF[code];
  }
}

/** Bytes or text are not of the form they should have: what `ValueError` is in Python. */
export class Malformed extends Error {}

/** The value of `read`, or VerificationError(`code`) where it found something malformed. */
export async function orRefuse<T>(code: Code, read: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof Malformed) throw new VerificationError(code, error.message);
    throw error;
  }
}
