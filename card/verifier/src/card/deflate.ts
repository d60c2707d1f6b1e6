/**
 * zlib (RFC 1950, 1951) coming in: bounded while it inflates, and nothing may follow it.
 *
 * Written here because what browsers and the usual libraries offer does not say how many bytes they used, does not
 * check the Adler-32, or bounds nothing until it is done. It refuses what zlib refuses: a test compares them.
 */
import type { Bytes } from "./encoding.js";
import { Malformed } from "./errors.js";

export const MAX_INFLATED = 16_384;
const CARD_HEADER = 0x78da;
const MAX_BITS = 15;
const LENGTH_BASE = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
];
const LENGTH_EXTRA = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const DISTANCE_BASE = [
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145,
  8193, 12289, 16385, 24577,
];
const DISTANCE_EXTRA = [
  0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
];
const LENGTHS_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/** The contents of a card's zlib stream: header 78 DA, at most 16,384 bytes. Malformed otherwise. */
export function inflate(data: Bytes): Bytes {
  if (data.length < 2 || header(data) !== CARD_HEADER) throw new Malformed("got another zlib header than 78da");
  return new Stream(data, MAX_INFLATED).contents();
}

/** The contents of any zlib stream of at most `limit` bytes. Malformed otherwise. */
export function inflateTo(data: Bytes, limit: number): Bytes {
  const head = data.length < 2 ? 0 : header(data);
  const named = (head & 0x0f00) === 0x0800 && head >> 12 <= 7 && !(head & 0x20) && head % 31 === 0;
  if (!named) throw new Malformed("got no zlib stream");
  return new Stream(data, limit).contents();
}

const header = (data: Bytes): number => ((data[0] ?? 0) << 8) | (data[1] ?? 0);

/** A canonical Huffman code: how many codes of each length, and the symbols in the order of their codes. */
class Huffman {
  readonly counts = new Uint16Array(MAX_BITS + 1);
  readonly symbols: Uint16Array;

  /** `lengths` by symbol. An incomplete code passes only where zlib lets it: of one symbol, one bit long, or none. */
  constructor(lengths: Uint8Array, needsComplete = false) {
    for (const length of lengths) this.counts[length] = (this.counts[length] ?? 0) + 1;
    const used = lengths.length - (this.counts[0] ?? 0);
    this.counts[0] = 0;
    let left = 1;
    const starts = new Uint16Array(MAX_BITS + 2);
    for (let length = 1; length <= MAX_BITS; length++) {
      left = 2 * left - (this.counts[length] ?? 0);
      if (left < 0) throw new Malformed("got a Huffman code with too many symbols");
      starts[length + 1] = (starts[length] ?? 0) + (this.counts[length] ?? 0);
    }
    const bearable = !needsComplete && (used === 0 || (used === 1 && this.counts[1] === 1));
    if (left > 0 && !bearable) throw new Malformed("got an incomplete Huffman code");
    this.symbols = new Uint16Array(used);
    lengths.forEach((length, symbol) => {
      if (!length) return;
      const place = starts[length] ?? 0;
      this.symbols[place] = symbol;
      starts[length] = place + 1;
    });
  }
}

const FIXED_LENGTHS = new Uint8Array(288).fill(8, 0, 144).fill(9, 144, 256).fill(7, 256, 280).fill(8, 280);
const FIXED = new Huffman(FIXED_LENGTHS);
const FIXED_DISTANCES = new Huffman(new Uint8Array(32).fill(5));

class Stream {
  private place = 2;
  private held = 0;
  private bits = 0;
  private filled = 0;
  private readonly out: Bytes;

  constructor(
    private readonly data: Bytes,
    limit: number,
  ) {
    this.out = new Uint8Array(limit);
  }

  contents(): Bytes {
    let last = 0;
    while (!last) {
      last = this.take(1);
      const kind = this.take(2);
      if (kind === 0) this.stored();
      else if (kind === 1) this.block(FIXED, FIXED_DISTANCES);
      else if (kind === 2) this.block(...this.codes());
      else throw new Malformed("got a block of an unknown kind");
    }
    const contents = this.out.slice(0, this.filled);
    const sum = ((this.byte() << 24) | (this.byte() << 16) | (this.byte() << 8) | this.byte()) >>> 0;
    if (sum !== adler32(contents)) throw new Malformed("got a zlib stream whose Adler-32 differs");
    if (this.place !== this.data.length) throw new Malformed("got bytes after a zlib stream");
    return contents;
  }

  private byte(): number {
    const byte = this.data[this.place++];
    if (byte === undefined) throw new Malformed("got a zlib stream that is cut");
    return byte;
  }

  /** The next `count` bits, at most 13. */
  private take(count: number): number {
    while (this.bits < count) {
      this.held |= this.byte() << this.bits;
      this.bits += 8;
    }
    const value = this.held & ((1 << count) - 1);
    this.held >>>= count;
    this.bits -= count;
    return value;
  }

  private symbol(huffman: Huffman): number {
    let code = 0;
    let first = 0;
    let index = 0;
    for (let length = 1; length <= MAX_BITS; length++) {
      code |= this.take(1);
      const count = huffman.counts[length] ?? 0;
      if (code - count < first) return huffman.symbols[index + code - first] ?? 0;
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    throw new Malformed("got a code that stands for nothing");
  }

  private put(byte: number): void {
    if (this.filled === this.out.length) throw new Malformed(`got more than ${this.out.length} bytes inflated`);
    this.out[this.filled++] = byte;
  }

  private stored(): void {
    this.held = 0; // at most 7 bits, the rest of a byte
    this.bits = 0;
    const length = this.byte() | (this.byte() << 8);
    if ((this.byte() | (this.byte() << 8)) !== (length ^ 0xffff))
      throw new Malformed("got a stored block out of joint");
    for (let i = 0; i < length; i++) this.put(this.byte());
  }

  private codes(): [Huffman, Huffman] {
    const literals = this.take(5) + 257;
    const distances = this.take(5) + 1;
    const given = this.take(4) + 4;
    if (literals > 286 || distances > 30) throw new Malformed("got too many length or distance symbols");
    const short = new Uint8Array(19);
    for (const symbol of LENGTHS_ORDER.slice(0, given)) short[symbol] = this.take(3);
    const lengths = this.lengths(new Huffman(short, true), literals + distances);
    if (!lengths[256]) throw new Malformed("got a block without an end");
    return [new Huffman(lengths.subarray(0, literals)), new Huffman(lengths.subarray(literals))];
  }

  private lengths(code: Huffman, total: number): Uint8Array {
    const lengths = new Uint8Array(total);
    for (let have = 0; have < total; ) {
      const symbol = this.symbol(code);
      if (symbol < 16) {
        lengths[have++] = symbol;
        continue;
      }
      if (symbol === 16 && have === 0) throw new Malformed("got a repetition of nothing");
      const value = symbol === 16 ? (lengths[have - 1] ?? 0) : 0;
      const times = symbol === 16 ? 3 + this.take(2) : symbol === 17 ? 3 + this.take(3) : 11 + this.take(7);
      if (have + times > total) throw new Malformed("got too many code lengths");
      lengths.fill(value, have, have + times);
      have += times;
    }
    return lengths;
  }

  private block(literals: Huffman, distances: Huffman): void {
    for (;;) {
      const symbol = this.symbol(literals);
      if (symbol < 256) this.put(symbol);
      else if (symbol === 256) return;
      else this.copy(symbol - 257, distances);
    }
  }

  private copy(place: number, distances: Huffman): void {
    const base = LENGTH_BASE[place];
    if (base === undefined) throw new Malformed("got a length that there is not");
    const length = base + this.take(LENGTH_EXTRA[place] ?? 0);
    const far = this.symbol(distances);
    const from = DISTANCE_BASE[far];
    if (from === undefined) throw new Malformed("got a distance that there is not");
    const distance = from + this.take(DISTANCE_EXTRA[far] ?? 0);
    if (distance > this.filled) throw new Malformed("got a distance too far back");
    for (let i = 0; i < length; i++) this.put(this.out[this.filled - distance] ?? 0);
  }
}

function adler32(data: Bytes): number {
  let a = 1;
  let b = 0;
  for (let i = 0; i < data.length; ) {
    for (const end = Math.min(i + 3_800, data.length); i < end; i++) {
      a += data[i] ?? 0;
      b += a;
    }
    a %= 65_521;
    b %= 65_521;
  }
  return ((b << 16) | a) >>> 0;
}
