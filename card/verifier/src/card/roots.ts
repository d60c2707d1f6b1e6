/** From the root that a verifier knows to the one that signs today (docs/card-profile.md section 6, card/roots.py). */
import { parse } from "./compact.js";
import { type Bytes, b64url, hex } from "./encoding.js";
import { Malformed, orRefuse, VerificationError } from "./errors.js";
import { keyId, type PublicJwk, publicJwk, publicKey } from "./es256.js";
import { type Json, json, member } from "./json.js";

const TYP = "kets-root+jwt";
const MAX_STEPS = 64;
const MAX_CHAIN = 64 * 1024;

/**
 * The roots that count: the known ones, and whom they lead to. Statements of roots that are not known are passed by.
 *
 * Throws VerificationError: "trust-malformed" for what is no statement, "trust-signature" for a forged one.
 */
export async function follow(known: readonly PublicJwk[], chain: readonly string[]): Promise<PublicJwk[]> {
  const roots = new Map<string, PublicJwk>();
  for (const root of known) roots.set(hex(await keyId(root)), root);
  for (const step of chain) {
    const following = await orRefuse("trust-malformed", () => named(step, roots));
    if (following) roots.set(hex(await keyId(following)), following);
  }
  return [...roots.values()];
}

/** The chain in a file or answer: a JSON array of at most 64 statements. VerificationError("trust-malformed"). */
export function chainOf(content: Bytes): Promise<string[]> {
  return orRefuse("trust-malformed", () => {
    const chain = content.length <= MAX_CHAIN ? json(content) : null;
    if (!Array.isArray(chain) || chain.length > MAX_STEPS || !chain.every(isText)) {
      throw new Malformed(`got no chain of roots of at most ${MAX_STEPS} statements`);
    }
    return chain as string[];
  });
}

const isText = (step: Json): boolean => typeof step === "string";

async function named(step: string, roots: ReadonlyMap<string, PublicJwk>): Promise<PublicJwk | null> {
  const unverified = parse(step);
  const root = roots.get(hex(unverified.kid));
  if (!root) return null;
  const payload = unverified.typ === TYP ? await unverified.verified(await publicKey(root)) : null;
  if (!payload) {
    throw new VerificationError("trust-signature", `got a statement that ${b64url(unverified.kid)} did not sign`);
  }
  const following = publicJwk(member(payload, "next_root"));
  await publicKey(following);
  return following;
}
