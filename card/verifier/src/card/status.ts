/** Token Status List of a shard: 2 bits a card, 2^20 cards (docs/card-profile.md section 7, card/status.py). */
import { type Cbor, type CborMap, decode, head } from "./cbor.js";
import { SHARD_SIZE } from "./claims.js";
import { parse, type Sign1 } from "./cwt.js";
import { inflateTo } from "./deflate.js";
import { ascii, type Bytes, concatenated, hex } from "./encoding.js";
import { Malformed, orRefuse, VerificationError } from "./errors.js";
import { sha256, verify } from "./es256.js";
import { statusName } from "./projection.js";
import { CLOCK_SKEW, DAY, mayList, type TrustedKey, type TrustList } from "./trust.js";

export const [VALID, REVOKED, SUSPENDED, DETAILS_OUTDATED] = [0, 1, 2, 3] as const;
export const TYP = "application/statuslist+cwt";
export const BITS = 2;
export const LIST_BYTES = (SHARD_SIZE * BITS) / 8;
export const MAX_LIFETIME = 7 * DAY;
export const MAX_TOKEN = 2 * LIST_BYTES;
const [SUB, EXP, IAT, STATUS_LIST, TTL] = [2, 4, 6, 65_533, 65_534] as const;
const BEFORE_KID = Uint8Array.of(0xa3, 0x01, 0x26, 0x04, 0x48); // a map of three, 1 (alg): -7, 4 (kid): 8 bytes
const AFTER_KID = concatenated(Uint8Array.of(0x10), head(3, TYP.length), ascii(TYP)); // 16 (typ)

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
   * 1. It is a COSE_Sign1 within bounds whose protected header has alg ES256, kid and typ statuslist+cwt, each in its
   *    one spelling, else "status-malformed".
   * 2. It is signed, ES256, by a listed signer of that very shard, else "status-signature".
   * 3. Its claims are sub, the name of the shard, exp, iat, ttl, and status_list of 2 bits and 2^20 entries, in
   *    deterministic CBOR, and nothing else, else "status-malformed".
   * 4. That signer is not revoked, and no other had taken over from it then, else "status-signature".
   * 5. It is not older than `oldest`, the youngest seen, else "status-rollback".
   * 6. It was not issued in the future, else "clock-behind" (5 minutes granted).
   */
  static async verify(token: Bytes, { shard, trust, now, oldest = 0 }: Expected): Promise<StatusList> {
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

  private static async read(sign1: Sign1, shard: number, trust: TrustList): Promise<StatusList> {
    const key = trust.keys.get(hex(kidOf(sign1)));
    if (key?.shard !== shard || !(await verify(key.publicKey, sign1.signedBytes, sign1.signature))) {
      throw new VerificationError("status-signature", `got a list that no signer of shard ${shard} signed`);
    }
    const claims = members(decode(sign1.payload), 5);
    const [issuedAt, expiresAt] = [whole(claims.get(IAT)), whole(claims.get(EXP))];
    whole(claims.get(TTL));
    const list = members(claims.get(STATUS_LIST), 2);
    const lst = list.get("lst");
    if (claims.get(SUB) !== statusName(shard)) throw new Malformed("got the list of another shard");
    if (list.get("bits") !== BITS) throw new Malformed("got another number of bits than 2");
    if (!(lst instanceof Uint8Array)) throw new Malformed("got a list that is no bytes");
    const entries = inflateTo(lst, LIST_BYTES);
    if (entries.length !== LIST_BYTES) throw new Malformed("got a list of another length");
    mustList(key, issuedAt);
    return new StatusList(shard, issuedAt, Math.min(expiresAt, issuedAt + MAX_LIFETIME), entries);
  }
}

interface Expected {
  readonly shard: number;
  readonly trust: TrustList;
  readonly now: number;
  readonly oldest?: number;
}

function opened(token: Bytes): Sign1 {
  const sign1 = parse(token, MAX_TOKEN);
  const [got, expected] = [sign1.protectedHeader, concatenated(BEFORE_KID, kidOf(sign1), AFTER_KID)];
  if (got.length !== expected.length || got.some((byte, place) => byte !== expected[place])) {
    throw new Malformed("got another protected header");
  }
  return sign1;
}

const kidOf = (sign1: Sign1): Bytes => sign1.protectedHeader.slice(BEFORE_KID.length, BEFORE_KID.length + 8);

/** VerificationError("status-signature") when the signer may list nothing of this time. */
export function mustList(key: TrustedKey, issuedAt: number): void {
  if (!mayList(key, issuedAt)) {
    throw new VerificationError("status-signature", `got a list of ${issuedAt}, when its signer signed none`);
  }
}

/** A map of so many members; of other members one of these is missing. */
function members(value: Cbor | undefined, count: number): CborMap {
  if (!(value instanceof Map) || value.size !== count) throw new Malformed("got claims beside those of this profile");
  return value;
}

/** A whole number from 0 to 2^53 - 1. */
function whole(value: Cbor | undefined): number {
  if (typeof value !== "number" || value < 0) throw new Malformed("got a time that is not a whole number");
  return value;
}
