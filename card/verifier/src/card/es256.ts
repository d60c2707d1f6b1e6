/** ES256 on P-256 by WebCrypto: raw signatures of 64 bytes r || s, s always low, and public keys as JWK. */
import { ascii, type Bytes, concatenated, unb64url } from "./encoding.js";
import { Malformed } from "./errors.js";
import { type Json, member, text } from "./json.js";

export interface PublicJwk {
  readonly kty: "EC";
  readonly crv: "P-256";
  readonly x: string;
  readonly y: string;
}

const bytesOf = (hex: string): Bytes =>
  Uint8Array.from(hex.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16));
/** The order of P-256 (FIPS 186-5) and half of it, 32 bytes each. */
const ORDER = bytesOf("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
const HALF_ORDER = bytesOf("7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a8");
const CURVE = { name: "ECDSA", namedCurve: "P-256" };
const ECDSA = { name: "ECDSA", hash: "SHA-256" };

/** What a JWK says; Malformed when it names no key of P-256 by texts. Whether it is a point: `publicKey`. */
export function publicJwk(value: Json): PublicJwk {
  if (member(value, "kty") !== "EC" || member(value, "crv") !== "P-256") throw new Malformed("got no key EC/P-256");
  return { kty: "EC", crv: "P-256", x: text(value, "x"), y: text(value, "y") };
}

/** The key a JWK names; Malformed when it is not a point of P-256. */
export async function publicKey(jwk: PublicJwk): Promise<CryptoKey> {
  const [x, y] = [unb64url(jwk.x), unb64url(jwk.y)];
  if (x.length !== 32 || y.length !== 32) throw new Malformed("got coordinates of another length than 32 bytes");
  try {
    return await crypto.subtle.importKey("raw", concatenated(Uint8Array.of(4), x, y), CURVE, false, ["verify"]);
  } catch {
    throw new Malformed("got a JWK that is no point of P-256");
  }
}

/** The RFC 7638 SHA-256 thumbprint, 32 bytes. */
export async function thumbprint(jwk: PublicJwk): Promise<Bytes> {
  const { crv, kty, x, y } = jwk;
  return sha256(ascii(JSON.stringify({ crv, kty, x, y })));
}

/** The first 8 bytes of the thumbprint. */
export async function keyId(jwk: PublicJwk): Promise<Bytes> {
  return (await thumbprint(jwk)).subarray(0, 8);
}

export async function sha256(data: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", data));
}

/** Whether the signature is 64 bytes, low-S and of this key. */
export async function verify(key: CryptoKey, message: Bytes, signature: Bytes): Promise<boolean> {
  if (signature.length !== 64 || !isLow(signature.subarray(32))) return false;
  return crypto.subtle.verify(ECDSA, key, signature, message);
}

/** Of the two signatures that verify, s and n - s, the low one. */
export function lowS(signature: Bytes): Bytes {
  if (isLow(signature.subarray(32))) return signature;
  const [r, low] = [signature.slice(0, 32), new Uint8Array(32)];
  for (let place = 31, borrowed = 0; place >= 0; place--) {
    const left = (ORDER[place] ?? 0) - (signature[32 + place] ?? 0) - borrowed;
    borrowed = left < 0 ? 1 : 0;
    low[place] = left & 0xff;
  }
  return concatenated(r, low);
}

function isLow(s: Bytes): boolean {
  const place = s.findIndex((byte, i) => byte !== HALF_ORDER[i]);
  return place < 0 || (s[place] ?? 0) < (HALF_ORDER[place] ?? 0);
}
