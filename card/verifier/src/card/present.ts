/** What the holder's phone does: the text of the QR that it shows at a moment (card/live.py, `present`). */
import { encode } from "./base45.js";
import { head } from "./cbor.js";
import { Sign1 } from "./cwt.js";
import { deflate } from "./deflating.js";
import { type Bytes, concatenated, unb64url } from "./encoding.js";
import { lowS, type PublicJwk } from "./es256.js";
import { CARD, CNF, IAT, NONCE, PROTECTED } from "./live.js";

/** A key that signs; the private part need not be readable. `sign` gives ES256, 64 bytes, as WebCrypto does. */
export interface Phone {
  readonly jwk: PublicJwk;
  sign(message: Bytes): Promise<Bytes>;
}

/** `card` is the COSE_Sign1 of the card; `now` in Unix seconds; `nonce` 8 to 16 bytes where a verifier gave one. */
export async function present(card: Bytes, phone: Phone, now: number, nonce: Bytes | null = null): Promise<string> {
  const payload = payloadOf(card, phone.jwk, now, nonce);
  const signature = lowS(await phone.sign(new Sign1(PROTECTED, payload, new Uint8Array(0)).signedBytes));
  const opening = concatenated(Uint8Array.of(0xd2, 0x84), bytes(PROTECTED), Uint8Array.of(0xa0));
  return encode(await deflate(concatenated(opening, bytes(payload), bytes(signature))));
}

/** Deterministic CBOR: the members in the order of their keys. */
function payloadOf(card: Bytes, jwk: PublicJwk, now: number, nonce: Bytes | null): Bytes {
  const odd = ((unb64url(jwk.y)[31] ?? 0) & 1) === 1;
  const key = concatenated(
    Uint8Array.of(0xa1, 0x01, 0xa4, 0x01, 0x02, 0x20, 0x01, 0x21), // {1: {1: 2, -1: 1, -2:
    bytes(unb64url(jwk.x)),
    Uint8Array.of(0x22, odd ? 0xf5 : 0xf4), // -3: y's sign}}
  );
  return concatenated(
    head(5, nonce ? 4 : 3),
    concatenated(head(0, IAT), head(0, now)),
    concatenated(head(0, CNF), key),
    nonce ? concatenated(head(0, NONCE), bytes(nonce)) : new Uint8Array(0),
    concatenated(head(1, -1 - CARD), bytes(card)),
  );
}

const bytes = (value: Bytes): Bytes => concatenated(head(2, value.length), value);
