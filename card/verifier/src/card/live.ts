/**
 * The live presentation: the worker's phone signs the moment and the card (card/live.py, docs/card-profile.md
 * section 11).
 */
import { type Cbor, type CborMap, decode } from "./cbor.js";
import type { CardClaims } from "./claims.js";
import type { Sign1 } from "./cwt.js";
import { ascii, type Bytes, b64url, concatenated } from "./encoding.js";
import { Malformed, VerificationError } from "./errors.js";
import * as es256 from "./es256.js";
import { ALPHABET } from "./number.js";
import { same } from "./same.js";

const TYP = "application/kets-live+cwt";
/** `{1: -7 (ES256), 16 (typ): TYP}`. */
export const PROTECTED = concatenated(Uint8Array.of(0xa2, 0x01, 0x26, 0x10, 0x78, TYP.length), ascii(TYP));
/** Seconds that the phone's clock and the verifier's may differ, either way. */
export const WINDOW = 60;
/** Members of the payload, and of the COSE_Key in its cnf. */
export const [IAT, CNF, NONCE, CARD] = [6, 8, 10, -65_538] as const;
const [COSE_KEY, KTY, CRV, X, Y] = [1, 1, -1, -2, -3] as const;
const CHALLENGE = 8;

/** A live presentation taken apart, not believed. `nonce` is null where the phone was given none. */
export interface Presentation {
  readonly issuedAt: number;
  readonly nonce: Bytes | null;
  readonly jwk: es256.PublicJwk;
  readonly key: CryptoKey;
  readonly card: Bytes;
  readonly sign1: Sign1;
}

/** Take it apart; null when it does not say that it is one. Malformed when it says so and is not of this profile. */
export async function parse(sign1: Sign1): Promise<Presentation | null> {
  if (!same(sign1.protectedHeader, PROTECTED)) return null;
  const payload = map(decode(sign1.payload));
  const key = map(map(payload.get(CNF)).get(COSE_KEY));
  const [issuedAt, nonce, x, odd] = [payload.get(IAT), payload.get(NONCE), bytes(key.get(X)), key.get(Y)];
  const card = bytes(payload.get(CARD));
  if (typeof issuedAt !== "number" || !(issuedAt >= 0 && issuedAt < 2 ** 40)) throw new Malformed("got no moment");
  if (nonce !== undefined && !(bytes(nonce).length >= 8 && bytes(nonce).length <= 16)) {
    throw new Malformed("got a nonce that is not 8 to 16 bytes");
  }
  if (typeof odd !== "boolean") throw new Malformed("got a key whose y is not given by its sign");
  if (!same(payload, payloadOf({ issuedAt, nonce: nonce === undefined ? null : bytes(nonce), x, odd, card }))) {
    throw new Malformed("got a live presentation with other members");
  }
  const jwk: es256.PublicJwk = { kty: "EC", crv: "P-256", x: b64url(x), y: b64url(yOf(x, odd)) };
  const held = nonce === undefined ? null : bytes(nonce);
  return { issuedAt, nonce: held, jwk, key: await es256.publicKey(jwk), card, sign1 };
}

/**
 * Believe a presentation of a card whose `claims` were verified; throws VerificationError otherwise.
 *
 * invalid: "live-key" when the card names no phone or another one, "live-signature".
 * cannot-check, since the card may well be good: "live-nonce", "live-expired".
 */
export async function check(shown: Presentation, claims: CardClaims, nonce: Bytes | null, now: number): Promise<void> {
  if (!claims.holderKey || !same(claims.holderKey, await holderKey(shown.jwk))) throw new VerificationError("live-key");
  if (!(await es256.verify(shown.key, shown.sign1.signedBytes, shown.sign1.signature))) {
    throw new VerificationError("live-signature");
  }
  if (!same(shown.nonce, nonce)) throw new VerificationError("live-nonce");
  if (Math.abs(now - shown.issuedAt) > WINDOW) {
    throw new VerificationError("live-expired", `got a code of ${shown.issuedAt}, now is ${now}`);
  }
}

/** What a card says of its holder's phone: the first 16 bytes of the key's RFC 7638 thumbprint. */
export async function holderKey(jwk: es256.PublicJwk): Promise<Bytes> {
  return (await es256.thumbprint(jwk)).slice(0, 16);
}

/** The nonce that a person typed: 8 characters as in a card number, forgiven likewise. Malformed when it is none. */
export const challenge = (typed: string): Bytes => ascii(spelled(typed, CHALLENGE));

/** A new challenge for a person who stands here now, of 40 random bits: as it is to be shown, "XXXX-XXXX". */
export function newChallenge(): string {
  const text = Array.from(crypto.getRandomValues(new Uint8Array(CHALLENGE)), (byte) => ALPHABET[byte % 32]).join("");
  return `${text.slice(0, 4)}-${text.slice(4)}`;
}

/** `count` characters of the alphabet of card numbers; spaces, hyphens and small letters forgiven. Malformed. */
export function spelled(typed: string, count: number): string {
  const text = typed.toUpperCase().replace(/[ -]/g, "").replaceAll("O", "0").replace(/[IL]/g, "1");
  if (text.length !== count || Array.from(text).some((character) => !ALPHABET.includes(character))) {
    throw new Malformed(`got another text than ${count} letters and digits`);
  }
  return text;
}

/** The members of a payload; `x` and `odd` are the phone's public key. */
interface Payload {
  readonly issuedAt: number;
  readonly nonce: Bytes | null;
  readonly x: Bytes;
  readonly odd: boolean;
  readonly card: Bytes;
}

function payloadOf({ issuedAt, nonce, x, odd, card }: Payload): CborMap {
  const key: CborMap = new Map<number, Cbor>([
    [KTY, 2],
    [CRV, 1],
    [X, x],
    [Y, odd],
  ]);
  const members: CborMap = new Map<number, Cbor>([
    [IAT, issuedAt],
    [CNF, new Map([[COSE_KEY, key]]) as CborMap],
    [CARD, card],
  ]);
  return nonce ? members.set(NONCE, nonce) : members;
}

const P = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n; // FIPS 186-5, P-256
const B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;

/** y of the point at `x`, odd or even: a square root modulo P, which is 3 modulo 4. Malformed when there is none. */
function yOf(x: Bytes, odd: boolean): Bytes {
  if (x.length !== 32) throw new Malformed("got x of another length than 32 bytes");
  const at = BigInt(`0x${Array.from(x, (byte) => byte.toString(16).padStart(2, "0")).join("")}`);
  const square = (((at * at - 3n) % P) * at + B) % P;
  let y = power(square, (P + 1n) / 4n);
  if (at >= P || (y * y - square) % P !== 0n) throw new Malformed("got x that is on no point of P-256");
  if ((y % 2n === 1n) !== odd) y = P - y;
  const digits = y.toString(16).padStart(64, "0");
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

function power(base: bigint, exponent: bigint): bigint {
  let [result, factor] = [1n, base % P];
  for (let left = exponent; left > 0n; left >>= 1n) {
    if (left & 1n) result = (result * factor) % P;
    factor = (factor * factor) % P;
  }
  return result;
}

function map(value: Cbor | undefined): CborMap {
  if (!(value instanceof Map)) throw new Malformed("got no map");
  return value;
}

function bytes(value: Cbor | undefined): Bytes {
  if (!(value instanceof Uint8Array)) throw new Malformed("got no bytes");
  return value;
}
