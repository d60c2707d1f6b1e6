import { Malformed } from "./errors.js";

export type Bytes = Uint8Array<ArrayBuffer>;

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const VALUE = new Int8Array(128).fill(-1);
for (let value = 0; value < 64; value++) VALUE[ALPHABET.charCodeAt(value)] = value;

/** Base64url of `data`, no padding (RFC 7515 section 2). */
export function b64url(data: Uint8Array): string {
  let text = "";
  for (let i = 0; i < data.length; i += 3) {
    const [a = 0, b = 0, c = 0] = data.subarray(i, i + 3);
    const group = (a << 16) | (b << 8) | c;
    const length = Math.min(data.length - i, 3) + 1;
    for (let place = 0; place < length; place++) text += ALPHABET[(group >> (18 - 6 * place)) & 63];
  }
  return text;
}

/** The bytes of `text`; Malformed for padding, other characters or stray bits in the last one. */
export function unb64url(text: string): Bytes {
  if (text.length % 4 === 1) throw new Malformed(`got ${text.length} characters of base64url, one too many`);
  const data = new Uint8Array(Math.floor((text.length * 3) / 4));
  let held = 0;
  let bits = 0;
  let filled = 0;
  for (let i = 0; i < text.length; i++) {
    const value = VALUE[text.charCodeAt(i)] ?? -1;
    if (value < 0) throw new Malformed("got base64url with padding or foreign characters");
    held = ((held << 6) | value) & 0xfff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      data[filled++] = held >> bits;
    }
  }
  if (held & ((1 << bits) - 1)) throw new Malformed("got base64url with stray bits");
  return data;
}

/** Hexadecimal, two lower-case digits a byte. */
export function hex(data: Uint8Array): string {
  return Array.from(data, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The text of UTF-8 bytes, strictly; a byte order mark is kept. */
export function utf8(data: Uint8Array): string {
  try {
    return UTF8.decode(data);
  } catch {
    throw new Malformed("got bytes that are not UTF-8");
  }
}

export const ascii = (text: string): Bytes => new TextEncoder().encode(text);

export function concatenated(...parts: Uint8Array[]): Bytes {
  const whole = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let place = 0;
  for (const part of parts) {
    whole.set(part, place);
    place += part.length;
  }
  return whole;
}

/** How many characters, not UTF-16 units, `text` has; of a very long one, its units. */
export const characters = (text: string): number => (text.length > 10_000 ? text.length : Array.from(text).length);
