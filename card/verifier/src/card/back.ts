/** The back of a card: a second code with a thumbnail of the face (docs/card-profile.md section 12, card/back.py). */
import { MAX_BYTES } from "./avif.js";
import { decode as ofBase45 } from "./base45.js";
import { type Cbor, decode } from "./cbor.js";
import type { CardClaims } from "./claims.js";
import * as cwt from "./cwt.js";
import { inflate } from "./deflate.js";
import { type Bytes, characters, hex } from "./encoding.js";
import { Malformed, orRefuse, VerificationError } from "./errors.js";
import * as es256 from "./es256.js";
import { same } from "./same.js";
import type { TrustedKey, TrustList } from "./trust.js";

const MAX_TEXT = 4_296;
const MARK = Uint8Array.of(0x3a, 0, 1, 0, 0, 0xa2, 0, 1, 8);
const AT = 32;

/** What a back says: which card it belongs to, and the frame of the thumbnail. */
export interface Back {
  readonly number: string;
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly frame: Bytes;
}

/** Take a back apart, not believed; null for what is no back. Malformed for a back of another shape. */
export function parse({ payload }: cwt.Sign1): Back | null {
  if (!same(payload.slice(AT, AT + MARK.length), MARK)) return null;
  const said = decode(payload);
  const [expiresAt, issuedAt] = [at(said, 4), at(said, 6)];
  const [number, frame] = [at(at(said, 169), 1), at(at(said, -65_537), 8)];
  const fits = typeof number === "string" && isAscii(number, 14) && isMoment(issuedAt) && isMoment(expiresAt);
  if (!fits || !(frame instanceof Uint8Array) || frame.length < 1 || frame.length > MAX_BYTES) {
    throw new Malformed("got a back of another shape");
  }
  const worker = new Map<number, Cbor>([
    [0, 1],
    [8, frame],
  ]);
  const exact = new Map<number, Cbor>([
    [4, expiresAt],
    [6, issuedAt],
    [169, new Map([[1, number]])],
    [-65_537, worker],
  ]);
  if (!same(said, exact)) throw new Malformed("got a back with other members");
  return { number, issuedAt, expiresAt, frame };
}

/**
 * The back of a card whose front was verified just now, by the same `trust`. Nothing else makes it worth a look.
 *
 * Throws VerificationError: "too-long", "not-a-card" for what is no code of ours; cannot-check, "not-a-back", for a code
 * of another kind; "unknown-key", "algorithm", "bad-signature", "signer-revoked" as `verify` does; invalid,
 * "back-differs", for the back of another card.
 */
export async function verifyBack(
  text: string,
  { front, trust }: { readonly front: CardClaims; readonly trust: TrustList },
): Promise<Back> {
  if (characters(text) > MAX_TEXT) throw new VerificationError("too-long", `got more than ${MAX_TEXT} characters`);
  const sign1 = await orRefuse("not-a-card", () => cwt.parse(inflate(ofBase45(text))));
  const back = await orRefuse("not-a-card", () => parse(sign1));
  if (!back) throw new VerificationError("not-a-back");
  const key = await signerOf(sign1, trust);
  const mine = [front.number, front.issuedAt, front.expiresAt, front.status.shard];
  if (!same([back.number, back.issuedAt, back.expiresAt, key.shard], mine)) {
    throw new VerificationError("back-differs", `got the back of ${back.number}, expected that of ${front.number}`);
  }
  return back;
}

async function signerOf(sign1: cwt.Sign1, trust: TrustList): Promise<TrustedKey> {
  const key = trust.keys.get(hex(sign1.kid));
  if (!key) throw new VerificationError("unknown-key", `got kid ${hex(sign1.kid)}`);
  if (!sign1.isEs256) throw new VerificationError("algorithm");
  const genuine = await es256.verify(key.publicKey, sign1.signedBytes, sign1.signature);
  if (!genuine) throw new VerificationError("bad-signature");
  if (key.revokedAt !== null) throw new VerificationError("signer-revoked", `got one revoked at ${key.revokedAt}`);
  return key;
}

function at(map: Cbor | undefined, key: number): Cbor | undefined {
  return map instanceof Map ? map.get(key) : undefined;
}

const isAscii = (text: string, length: number): boolean =>
  text.length === length && Array.from(text).every((character) => character < "\u0080");

const isMoment = (value: Cbor | undefined): value is number =>
  typeof value === "number" && value >= 0x1_0000 && value < 2 ** 32;
