/** Card numbers: random, typable, with a check character (docs/card-profile.md section 2, card/number.py). */
import { Malformed } from "./errors.js";

export const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"; // Crockford's base32
const FORGIVEN: Record<string, string> = { O: "0", I: "1", L: "1", "-": "", " ": "" };

/** The number in its one spelling. Malformed when it cannot be one. */
export function parseNumber(typed: string): string {
  const text = typed.toUpperCase().replace(/[OIL\- ]/g, (character) => FORGIVEN[character] ?? character);
  const values = Array.from(text, (character) => ALPHABET.indexOf(character));
  if (values.length !== 12 || Math.min(...values) < 0 || remainder(values)) {
    throw new Malformed("got no card number, expected XXXX-XXXX-XXXX with a fitting check character");
  }
  return `${text.slice(0, 4)}-${text.slice(4, 8)}-${text.slice(8)}`;
}

/** The number as a polynomial over GF(2^5) modulo x^5 + x^2 + 1, at the field's generator. */
function remainder(values: number[]): number {
  return values.reduce((total, value) => (total & 16 ? (total << 1) ^ 0b100101 : total << 1) ^ value, 0);
}
