/** The card as CWT in a COSE_Sign1 of one exact shape (docs/card-profile.md section 4, card/cwt.py). */
import { type CborMap, decode, head } from "./cbor.js";
import type { CardClaims } from "./claims.js";
import { ascii, type Bytes, concatenated } from "./encoding.js";
import { Malformed } from "./errors.js";
import { fromCwt } from "./projection.js";

export const MAX_BYTES = 16_384;
const START = Uint8Array.of(0xd2, 0x84); // tag 18, array of four
const ES256 = Uint8Array.of(0xa2, 0x01, 0x26); // a map of two, of which 1 (alg): -7
const KID = Uint8Array.of(0x04, 0x48); // 4 (kid): 8 bytes
const UNPROTECTED = Uint8Array.of(0xa0);
const SIGNATURE = Uint8Array.of(0x58, 0x40); // 64 bytes

/** A COSE_Sign1 taken apart, not believed. `kid` is empty when the header is not of our shape. */
export class Sign1 {
  constructor(
    readonly protectedHeader: Bytes,
    readonly payload: Bytes,
    readonly signature: Bytes,
  ) {}

  get kid(): Bytes {
    const header = this.protectedHeader;
    return header.length >= 10 && startsWith(header.subarray(-10), KID) ? header.slice(-8) : new Uint8Array(0);
  }

  get isEs256(): boolean {
    const header = this.protectedHeader;
    return header.length === ES256.length + 10 && startsWith(header, ES256);
  }

  /** The Sig_structure of RFC 9052 section 4.4, no external data. */
  get signedBytes(): Bytes {
    const opening = concatenated(Uint8Array.of(0x84, 0x6a), ascii("Signature1"));
    return concatenated(opening, bytes(this.protectedHeader), Uint8Array.of(0x40), bytes(this.payload));
  }
}

/** Take a COSE_Sign1 of at most `limit` bytes apart; Malformed when it is not one of this shape, to the last byte. */
export function parse(cose: Bytes, limit = MAX_BYTES): Sign1 {
  if (cose.length > limit || !startsWith(cose, START)) throw new Malformed("got no COSE_Sign1 of this profile");
  const [header, afterHeader] = takeBytes(cose.subarray(START.length));
  if (!startsWith(afterHeader, UNPROTECTED)) throw new Malformed("got an unprotected header, expected an empty one");
  const [payload, rest] = takeBytes(afterHeader.subarray(UNPROTECTED.length));
  if (!startsWith(rest, SIGNATURE) || rest.length !== 66) {
    throw new Malformed("got another signature than 64 bytes at the end");
  }
  return new Sign1(header, payload, rest.slice(2));
}

/** The claims of a payload whose signature was verified. Malformed when this profile has no such payload. */
export function claimsOf(payload: Bytes): CardClaims {
  const claims = decode(payload);
  if (!(claims instanceof Map)) throw new Malformed("got a payload that is no claims set");
  return fromCwt(claims as CborMap);
}

const bytes = (value: Bytes): Bytes => concatenated(head(2, value.length), value);

function startsWith(data: Bytes, start: Bytes): boolean {
  return start.every((byte, place) => data[place] === byte);
}

/** A byte string in its shortest form off the front of `data`, and the rest. */
function takeBytes(data: Bytes): [Bytes, Bytes] {
  const first = data[0] ?? 0;
  const more = first === 0x58 ? 1 : first === 0x59 ? 2 : first === 0x5a ? 4 : 0;
  if (!more && (first < 0x40 || first >= 0x58)) throw new Malformed("got a CBOR item that is no byte string");
  const start = 1 + more;
  const length = more ? data.subarray(1, start).reduce((total, byte) => total * 256 + byte, 0) : first - 0x40;
  const value = data.subarray(start, start + length);
  if (value.length !== length || !startsWith(data, head(2, length))) {
    throw new Malformed("got a byte string that is cut or not in its shortest form");
  }
  return [value, data.subarray(start + length)];
}
