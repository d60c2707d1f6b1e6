/** The phone's key: made here, never to leave, and what it signs. */

import { ascii, type Bytes, b64url } from "../card/encoding.js";
import { lowS, type PublicJwk } from "../card/es256.js";
import type { Phone } from "../card/present.js";
import type { KeptKey } from "./kept.js";

const CURVE = { name: "ECDSA", namedCurve: "P-256" };
const ECDSA = { name: "ECDSA", hash: "SHA-256" };

/** A new key for an enrolment with `code`. The private half is not extractable: not even this page can read it. */
export async function newKey(code: string): Promise<KeptKey> {
  const pair = await crypto.subtle.generateKey(CURVE, false, ["sign", "verify"]);
  const { x = "", y = "" } = await crypto.subtle.exportKey("jwk", pair.publicKey);
  return { pair, jwk: { kty: "EC", crv: "P-256", x, y }, code };
}

/** As what signs a live presentation. */
export function phoneOf({ pair, jwk }: KeptKey): Phone {
  return { jwk, sign: (message) => signed(pair.privateKey, message) };
}

/** What is sent to enrol: the code, the public key, and that the key signed the code. */
export async function proofOf({ pair, jwk, code }: KeptKey): Promise<Proof> {
  const signature = await signed(pair.privateKey, ascii(`kets-phone-key:1:${code}`));
  return { code, x: jwk.x, y: jwk.y, proof: b64url(lowS(signature)) };
}

export interface Proof extends Pick<PublicJwk, "x" | "y"> {
  readonly code: string;
  readonly proof: string;
}

async function signed(key: CryptoKey, message: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.sign(ECDSA, key, message));
}
