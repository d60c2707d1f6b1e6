/** Token Status List of a shard: 2 bits a card, 2^20 cards (docs/card-profile.md section 7, card/status.py). */
import { SHARD_SIZE } from "./claims.js";
import { parse, type Unverified } from "./compact.js";
import { inflateTo } from "./deflate.js";
import { type Bytes, hex, unb64url } from "./encoding.js";
import { Malformed, orRefuse, VerificationError } from "./errors.js";
import { member, text, whole } from "./json.js";
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

  private static async read(unverified: Unverified, shard: number, trust: TrustList): Promise<StatusList> {
    const key = trust.keys.get(hex(unverified.kid));
    const payload = key?.shard === shard ? await unverified.verified(key.publicKey) : null;
    const issuedAt = payload ? whole(payload, "iat") : 0;
    if (!key || !payload || !mayList(key, issuedAt)) {
      throw new VerificationError("status-signature", `got a list that no signer of shard ${shard} signed`);
    }
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
