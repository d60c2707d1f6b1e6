/** Verification of a card: pure, offline, bounded (card/verify.py). Four outcomes a person can act on. */
import * as back from "./back.js";
import { decode } from "./base45.js";
import type { CardClaims } from "./claims.js";
import * as compact from "./compact.js";
import * as cwt from "./cwt.js";
import { inflate } from "./deflate.js";
import { type Bytes, characters } from "./encoding.js";
import { Malformed, orRefuse, VerificationError } from "./errors.js";
import * as es256 from "./es256.js";
import type { COMPARE, PROVES } from "./generated/messages.js";
import { type Against, type Judged, judge, type Signed } from "./judge.js";
import * as live from "./live.js";
import { fromJwt } from "./projection.js";

export const MAX_TEXT = 4_296; // what alphanumeric mode can hold at all: version 40-L
const JWT_TYP = "kets-card+jwt";

/**
 * A card that is accepted. `outcome` is "valid" or "status-old"; `code` picks the sentence.
 *
 * `status` 0 or 3; `statusAgeDays` how old our knowledge of it is; `proves` and `compare` are what the card shows by
 * itself and what a person still has to compare.
 */
export interface Verified extends Judged<CardClaims> {
  /** The holder's phone showed it just now. */
  readonly live: boolean;
  readonly proves: readonly (keyof typeof PROVES)[];
  readonly compare: readonly (keyof typeof COMPARE)[];
}

/** `nonce`: what this verifier just gave the holder's phone to sign; then only a live presentation of it is accepted. */
export interface Asked extends Against {
  readonly nonce?: Bytes | null;
}

interface Opened extends Signed<CardClaims> {
  readonly presentation?: live.Presentation | null;
}

/**
 * Verify a card: the text of its QR, its JWT, or the bytes of its COSE_Sign1.
 *
 * 1. Open the wrapping within bounds, else invalid: "too-long", "not-a-card". The code of a card's back is no card:
 *    cannot-check, "back-alone".
 * 2. Find the signer by its kid among the keys in date, else cannot-check: "unknown-key".
 * 3. The algorithm is the signer's, ES256, else invalid: "algorithm".
 * 4. The signature is the signer's and low-S, else invalid: "bad-signature".
 * 5. The signer is not revoked, else invalid: "signer-revoked".
 * 6. Read the claims, every bound checked and the status in the signer's own shard, else cannot-check:
 *    "newer-format". What a listed signer signed and we do not understand is newer than we are.
 * 7. Look up the status. Revoked is invalid, "revoked", whatever the age of any list.
 * 8. The trust list is within its age, else cannot-check: "trust-stale".
 * 9. The card has begun, else cannot-check: "not-yet-valid"; it has not ended, else invalid: "expired". 5 minutes are
 *    granted.
 * 10. Weigh the status by its age, as card/verify.py says.
 *
 * 11. The phone, of a live presentation: its key is the one that the card names, else invalid: "live-key"; the
 *    signature is that key's, else invalid: "live-signature"; the nonce is the one given, or there is none where none
 *    was given, else cannot-check: "live-nonce"; it was signed within a minute of now, else cannot-check:
 *    "live-expired".
 *
 * Throws VerificationError for each of these, and nothing else.
 */
export async function verify(data: string | Bytes, against: Asked): Promise<Verified> {
  const { presentation = null, ...signed } = await opened(data); // 1
  const judged = await judge(signed, against); // 2 to 10
  const nonce = against.nonce ?? null;
  if (presentation)
    await live.check(presentation, judged.claims, nonce, against.now); // 11
  else if (nonce) throw new VerificationError("live-nonce", "got a card that no phone signed");
  const proves = presentation ? (["document-genuine", "holder-phone"] as const) : (["document-genuine"] as const);
  return { ...judged, live: presentation !== null, proves, compare: ["face", "name", "birth-date"] };
}

async function opened(data: string | Bytes): Promise<Opened> {
  const length = typeof data === "string" ? characters(data) : data.length;
  if (length > (typeof data === "string" ? MAX_TEXT : cwt.MAX_BYTES)) {
    throw new VerificationError("too-long", `got ${length}, expected at most ${MAX_TEXT} characters`);
  }
  return orRefuse("not-a-card", () => {
    if (typeof data === "string" && data.startsWith("ey")) return openedJwt(data);
    return openedCwt(typeof data === "string" ? inflate(decode(data)) : data);
  });
}

async function openedCwt(cose: Bytes): Promise<Opened> {
  const outer = cwt.parse(cose);
  const presentation = await live.parse(outer);
  const sign1 = presentation ? cwt.parse(presentation.card) : outer;
  if (back.parse(sign1)) throw new VerificationError("back-alone");
  return {
    presentation,
    kid: sign1.kid,
    isEs256: sign1.isEs256,
    claims: async (key: CryptoKey) => {
      const genuine = await es256.verify(key, sign1.signedBytes, sign1.signature);
      return genuine ? cwt.claimsOf(sign1.payload) : null;
    },
  };
}

function openedJwt(token: string): Signed<CardClaims> {
  const unverified = compact.parse(token);
  return {
    kid: unverified.kid,
    isEs256: unverified.alg === "ES256",
    claims: async (key: CryptoKey) => {
      const payload = await unverified.verified(key);
      if (payload && unverified.typ !== JWT_TYP) throw new Malformed(`got type ${unverified.typ}`);
      return payload && fromJwt(payload);
    },
  };
}
