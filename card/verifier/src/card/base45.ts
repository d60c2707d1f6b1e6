/** base45 (RFC 9285), strictly: one text for each byte string. */
import type { Bytes } from "./encoding.js";
import { Malformed } from "./errors.js";

export const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
const VALUE = new Int8Array(128).fill(-1);
for (let value = 0; value < 45; value++) VALUE[ALPHABET.charCodeAt(value)] = value;

/** The bytes; Malformed for a foreign character, a group that is too large, or one character left over. */
export function decode(text: string): Bytes {
  const whole = Math.floor(text.length / 3);
  const rest = text.length % 3;
  if (rest === 1) throw new Malformed(`got ${text.length} characters of base45, one too many`);
  const data = new Uint8Array(2 * whole + (rest ? 1 : 0));
  for (let group = 0; group < whole; group++) {
    const value = valueAt(text, 3 * group) + 45 * valueAt(text, 3 * group + 1) + 2025 * valueAt(text, 3 * group + 2);
    if (value > 0xffff) throw new Malformed("got a base45 group that is too large");
    data[2 * group] = value >> 8;
    data[2 * group + 1] = value & 0xff;
  }
  if (rest) {
    const value = valueAt(text, text.length - 2) + 45 * valueAt(text, text.length - 1);
    if (value > 0xff) throw new Malformed("got a base45 group that is too large");
    data[2 * whole] = value;
  }
  return data;
}

/** Three characters for two bytes, two for a last single one. */
export function encode(data: Bytes): string {
  let text = "";
  for (let i = 0; i < data.length; i += 2) {
    const last = i + 1 === data.length;
    let value = last ? (data[i] ?? 0) : ((data[i] ?? 0) << 8) | (data[i + 1] ?? 0);
    for (let left = last ? 2 : 3; left > 0; left--, value = Math.floor(value / 45)) text += ALPHABET[value % 45];
  }
  return text;
}

function valueAt(text: string, place: number): number {
  const value = VALUE[text.charCodeAt(place)] ?? -1;
  if (value < 0) throw new Malformed(`got ${JSON.stringify(text[place])} in base45`);
  return value;
}
