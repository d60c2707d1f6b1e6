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
