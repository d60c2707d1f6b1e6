/** Token Status List of a shard: 2 bits a card, 2^20 cards (docs/card-profile.md section 7, card/status.py). */
import { SHARD_SIZE } from "./claims.js";
import { parse, type Unverified } from "./compact.js";
import { inflateTo } from "./deflate.js";
import { type Bytes, hex, unb64url } from "./encoding.js";
import { Malformed, orRefuse, VerificationError } from "./errors.js";
import { sha256 } from "./es256.js";
import { type JsonObject, member, text, whole } from "./json.js";
import { statusName } from "./projection.js";
import { CLOCK_SKEW, DAY, mayList, type TrustList } from "./trust.js";

export const [VALID, REVOKED, SUSPENDED, DETAILS_OUTDATED] = [0, 1, 2, 3] as const;
export const TYP = "statuslist+jwt";
export const BITS = 2;
export const LIST_BYTES = (SHARD_SIZE * BITS) / 8;
export const MAX_LIFETIME = 7 * DAY;
export const MAX_TOKEN = 2 ** 20;

/** A status list that was verified: made by `StatusList.verify` alone. */
export class StatusList {
  private constructor(
    readonly shard: number,
    readonly issuedAt: number,
    readonly expiresAt: number,
    private readonly entries: Bytes,
  ) {}

  /**
   * Read the signed list of `shard`, offline.
   *
   * 1. It is a compact JWS of type statuslist+jwt within bounds, else "status-malformed".
   * 2. It is signed, ES256, by a listed signer of that very shard, not revoked, and not after another signer took over
   *    from it, else "status-signature".
   * 3. It is named for the shard, has iat and exp, 2 bits and 2^20 entries, else "status-malformed".
   * 4. It is not older than `oldest`, the youngest seen, else "status-rollback".
   * 5. It was not issued in the future, else "clock-behind" (5 minutes granted).
   */
  static async verify(token: string, { shard, trust, now, oldest = 0 }: Expected): Promise<StatusList> {
    const read = await orRefuse("status-malformed", () => StatusList.read(opened(token), shard, trust));
    if (read.issuedAt < oldest) throw new VerificationError("status-rollback", `got a list of ${read.issuedAt}`);
    if (read.issuedAt > now + CLOCK_SKEW) {
      throw new VerificationError("clock-behind", `got a list of ${read.issuedAt}, now is ${now}`);
    }
    return read;
  }

  /** The status of the card at `index`, 0 to 3. */
  at(index: number): number {
    const place = index * BITS;
    return ((this.entries[place >> 3] ?? 0) >> (place % 8)) & ((1 << BITS) - 1);
  }

  /** SHA-256 of the packed entries. */
  digest(): Promise<Bytes> {
    return sha256(this.entries);
  }

  /** The list with other entries ([index, status]) at another time: for a delta that was verified. */
  changed(changes: Iterable<readonly [number, number]>, issuedAt: number, expiresAt: number): StatusList {
    const entries = new Uint8Array(this.entries);
    for (const [index, status] of changes) {
      const [place, shift] = [(index * BITS) >> 3, (index * BITS) % 8];
      entries[place] = ((entries[place] ?? 0) & ~(3 << shift)) | (status << shift);
    }
    return new StatusList(this.shard, issuedAt, expiresAt, entries);
  }

  private static async read(unverified: Unverified, shard: number, trust: TrustList): Promise<StatusList> {
    const payload = await signedBy(unverified, shard, trust);
    const issuedAt = whole(payload, "iat");
    const list = member(payload, "status_list");
    if (text(payload, "sub") !== statusName(shard)) throw new Malformed("got the list of another shard");
    if (whole(list, "bits") !== BITS) throw new Malformed("got another number of bits than 2");
    const entries = inflateTo(unb64url(text(list, "lst")), LIST_BYTES);
    if (entries.length !== LIST_BYTES) throw new Malformed("got a list of another length");
    return new StatusList(shard, issuedAt, Math.min(whole(payload, "exp"), issuedAt + MAX_LIFETIME), entries);
  }
}

interface Expected {
  readonly shard: number;
  readonly trust: TrustList;
  readonly now: number;
  readonly oldest?: number;
}

function opened(token: string): Unverified {
  if (token.length > MAX_TOKEN) throw new Malformed(`got more than ${MAX_TOKEN} characters`);
  const unverified = parse(token);
  if (unverified.typ !== TYP) throw new Malformed(`got type ${unverified.typ}, expected ${TYP}`);
  return unverified;
}

/** The payload, when a signer of `shard` signed it that may still list then. VerificationError("status-signature"). */
export async function signedBy(unverified: Unverified, shard: number, trust: TrustList): Promise<JsonObject> {
  const key = trust.keys.get(hex(unverified.kid));
  const payload = key?.shard === shard ? await unverified.verified(key.publicKey) : null;
  if (!key || !payload || !mayList(key, whole(payload, "iat"))) {
    throw new VerificationError("status-signature", `got a list that no signer of shard ${shard} signed`);
  }
  return payload;
}
