/** What every wrapping of a card is judged by, once it is opened: its signer, its status, its dates (card/judge.py). */
import type { StatusReference } from "./claims.js";
import { type Bytes, hex } from "./encoding.js";
import { type Outcome, orRefuse, VerificationError } from "./errors.js";
import { OUTCOME_OF } from "./generated/messages.js";
import { DETAILS_OUTDATED, REVOKED, type StatusList, SUSPENDED } from "./status.js";
import { CLOCK_SKEW, DAY, type TrustedKey, type TrustList } from "./trust.js";

export const MAX_STATUS_AGE = 30 * DAY;

/** What is judged of any wrapping's claims. Times in Unix seconds. */
export interface Claims {
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly status: StatusReference;
}

/** A wrapping that is opened but not believed. */
export interface Signed<C extends Claims> {
  readonly kid: Bytes;
  readonly isEs256: boolean;
  /** null: the signature is not this key's. */
  readonly claims: (key: CryptoKey) => Promise<C | null>;
}

/** One that is accepted: `outcome` "valid" or "status-old", `status` 0 or 3 and how old our knowledge of it is. */
export interface Judged<C extends Claims> {
  readonly outcome: Outcome;
  readonly code: "valid" | "details-outdated" | "status-old";
  readonly claims: C;
  readonly status: number;
  readonly statusAgeDays: number;
}

/** The verified list of a shard, or null when there is none. May throw VerificationError when it is refused. */
export type StatusLookup = (shard: number) => StatusList | null | Promise<StatusList | null>;

/** What a card is verified against. `now` in Unix seconds. */
export interface Against {
  readonly trust: TrustList;
  readonly status: StatusLookup;
  readonly now: number;
}

/** Steps 2 to 10 of `verify`, which says what each refuses. Throws VerificationError. */
export async function judge<C extends Claims>(signed: Signed<C>, { trust, status, now }: Against): Promise<Judged<C>> {
  const key = trust.keys.get(hex(signed.kid));
  if (!key || now > key.expiresAt) throw new VerificationError("unknown-key", `got kid ${hex(signed.kid)}`); // 2
  if (!signed.isEs256) throw new VerificationError("algorithm"); // 3
  const claims = await claimsOf(signed, key); // 4, 5, 6
  const list = await status(claims.status.shard);
  const known = list ? list.at(claims.status.index) : 0;
  if (known === REVOKED) throw new VerificationError("revoked"); // 7
  if (now > trust.expiresAt) throw new VerificationError("trust-stale", `got a list that ended ${trust.expiresAt}`); // 8
  if (claims.issuedAt > now + CLOCK_SKEW) throw new VerificationError("not-yet-valid", `got ${claims.issuedAt}`); // 9
  if (now > claims.expiresAt + CLOCK_SKEW) throw new VerificationError("expired", `got ${claims.expiresAt}`);
  return weighed(claims, list, known, now); // 10
}

async function claimsOf<C extends Claims>(signed: Signed<C>, key: TrustedKey): Promise<C> {
  const otherwise = key.revokedAt === null ? "newer-format" : "signer-revoked";
  const claims = await orRefuse(otherwise, () => signed.claims(key.publicKey));
  if (!claims) throw new VerificationError("bad-signature");
  if (key.revokedAt !== null) throw new VerificationError("signer-revoked", `got a signer revoked at ${key.revokedAt}`);
  if (claims.status.shard !== key.shard) {
    throw new VerificationError("newer-format", `got shard ${claims.status.shard}, expected ${key.shard}`);
  }
  return claims;
}

function weighed<C extends Claims>(claims: C, list: StatusList | null, known: number, now: number): Judged<C> {
  const age = Math.max(0, now - Math.max(list ? list.issuedAt : 0, claims.issuedAt));
  const fresh = list !== null && now <= list.expiresAt;
  const statusAgeDays = Math.floor(age / DAY);
  if (known === SUSPENDED) throw new VerificationError(fresh ? "suspended" : "suspension-old");
  if (!fresh && age > MAX_STATUS_AGE) {
    throw new VerificationError(list ? "status-too-old" : "status-missing", `got ${statusAgeDays} days`);
  }
  const valid = known === DETAILS_OUTDATED ? "details-outdated" : "valid";
  const code = fresh ? valid : "status-old";
  return { outcome: OUTCOME_OF[code], code, claims, status: known, statusAgeDays };
}
