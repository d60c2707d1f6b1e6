/**
 * Deterministic CBOR (RFC 8949 section 4.2), read strictly: no tag, no float, no indefinite length, nothing longer than
 * it need be, the keys of a map in order and each once, depth at most 8, nothing after it.
 *
 * Each value has one spelling, so whoever compares values has compared bytes. Written here: that is a hundred lines,
 * and the libraries there are accept keys in any order.
 */
import { type Bytes, utf8 } from "./encoding.js";
import { Malformed } from "./errors.js";

export type CborKey = number | string;
export type Cbor = number | string | boolean | null | Bytes | Cbor[] | CborMap;
export interface CborMap extends Map<CborKey, Cbor> {}

const MAX_DEPTH = 8;
const SIMPLE = new Map<number, boolean | null>([
  [20, false],
  [21, true],
  [22, null],
]);

/** The value that `data` is, to its last byte. Malformed otherwise; whole numbers are below 2^53. */
export function decode(data: Bytes): Cbor {
  const reader = new Reader(data);
  const value = reader.value(1);
  if (reader.place !== data.length) throw new Malformed("got bytes after a CBOR value");
  return value;
}

/** The head of an item of major type `major`, shortest form; `value` below 2^32. */
export function head(major: number, value: number): Bytes {
  const type = major << 5;
  if (value < 24) return Uint8Array.of(type | value);
  if (value < 0x100) return Uint8Array.of(type | 24, value);
  if (value < 0x1_0000) return Uint8Array.of(type | 25, value >> 8, value & 0xff);
  return Uint8Array.of(type | 26, value >>> 24, (value >> 16) & 0xff, (value >> 8) & 0xff, value & 0xff);
}

class Reader {
  place = 0;

  constructor(private readonly data: Bytes) {}

  value(depth: number): Cbor {
    if (depth > MAX_DEPTH) throw new Malformed("got CBOR nested too deeply");
    const first = this.bytes(1)[0] ?? 0;
    const major = first >> 5;
    if (major === 7) return this.simple(first & 31);
    const value = this.argument(first & 31);
    switch (major) {
      case 0:
        return value;
      case 1:
        return negative(value);
      case 2:
        return this.bytes(value);
      case 3:
        return utf8(this.bytes(value));
      case 4:
        return this.array(value, depth);
      case 5:
        return this.map(value, depth);
      default:
        throw new Malformed("got a CBOR tag");
    }
  }

  private bytes(length: number): Bytes {
    if (length > this.data.length - this.place) throw new Malformed("got CBOR that is cut");
    this.place += length;
    return this.data.subarray(this.place - length, this.place);
  }

  private argument(info: number): number {
    if (info < 24) return info;
    if (info > 27) throw new Malformed("got CBOR of indefinite length");
    const length = 1 << (info - 24);
    const value = this.bytes(length).reduce((total, byte) => total * 256 + byte, 0);
    if (value < (length === 1 ? 24 : 2 ** (4 * length))) throw new Malformed("got CBOR longer than it need be");
    if (value > Number.MAX_SAFE_INTEGER) throw new Malformed("got a number beyond 2^53");
    return value;
  }

  private simple(info: number): boolean | null {
    const value = SIMPLE.get(info);
    if (value === undefined) throw new Malformed("got a CBOR float or simple value");
    return value;
  }

  private array(length: number, depth: number): Cbor[] {
    const items: Cbor[] = [];
    for (let i = 0; i < length; i++) items.push(this.value(depth + 1));
    return items;
  }

  private map(length: number, depth: number): CborMap {
    const map: CborMap = new Map();
    let before: Bytes = new Uint8Array(0);
    for (let i = 0; i < length; i++) {
      const start = this.place;
      const key = this.value(depth + 1);
      const encoded = this.data.subarray(start, this.place);
      if (typeof key !== "number" && typeof key !== "string") throw new Malformed("got a CBOR key of another type");
      if (!precedes(before, encoded)) throw new Malformed("got CBOR keys twice or out of order");
      map.set(key, this.value(depth + 1));
      before = encoded;
    }
    return map;
  }
}

function negative(value: number): number {
  if (value === Number.MAX_SAFE_INTEGER) throw new Malformed("got a number beyond 2^53");
  return -1 - value;
}

/** The shorter first, else byte by byte; for the keys of this profile the bytewise order is the same. */
function precedes(before: Bytes, after: Bytes): boolean {
  if (before.length !== after.length) return before.length < after.length;
  const place = before.findIndex((byte, i) => byte !== after[i]);
  return place >= 0 && (before[place] ?? 0) < (after[place] ?? 0);
}
