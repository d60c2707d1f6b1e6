/** zlib going out (RFC 1950, 1951), for short texts: never a stored block, on which some readers fail (card/deflate.py). */
import { type Bytes, concatenated } from "./encoding.js";

const HEADER = Uint8Array.of(0x78, 0xda);

/** The browser's own compression where there is one and it stores nothing; else a block of fixed Huffman codes. */
export async function deflate(data: Bytes): Promise<Bytes> {
  if (typeof CompressionStream === "undefined") return fixed(data);
  const stream = new Blob([data]).stream().pipeThrough(new CompressionStream("deflate"));
  const body = new Uint8Array(await new Response(stream).arrayBuffer()).subarray(2); // its header tells another level
  return ((body[0] ?? 0) & 6) === 0 ? fixed(data) : concatenated(HEADER, body);
}

/** One last block of literals (RFC 1951 section 3.2.6), packed from the lowest bit up; then the Adler-32. */
function fixed(data: Bytes): Bytes {
  const out = new Uint8Array(Math.ceil((data.length * 9 + 10) / 8));
  let place = 0;
  const put = (code: number, length: number): void => {
    for (let bit = length - 1; bit >= 0; bit--, place++) {
      if ((code >> bit) & 1) out[place >> 3] = (out[place >> 3] ?? 0) | (1 << (place & 7));
    }
  };
  put(0b110, 3); // last block, fixed codes
  for (const byte of data) {
    if (byte < 144) put(0x30 + byte, 8);
    else put(0x190 + byte - 144, 9);
  }
  put(0, 7);
  return concatenated(HEADER, out.subarray(0, Math.ceil(place / 8)), adler32(data));
}

function adler32(data: Bytes): Bytes {
  let [a, b] = [1, 0];
  for (const byte of data) {
    a = (a + byte) % 65_521;
    b = (b + a) % 65_521;
  }
  return Uint8Array.of(b >> 8, b & 0xff, a >> 8, a & 0xff);
}
