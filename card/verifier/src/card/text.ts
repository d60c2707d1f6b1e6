/** Which texts a card may carry: docs/card-profile.md section 3. */
import { RUNS } from "./generated/printable.js";

export const MAX_TEXT = 80;

/** Where printable and unprintable code points take turns, from the first printable one on. */
const TURNS = RUNS.split(" ").reduce<number[]>((turns, run) => {
  turns.push((turns.at(-1) ?? 0) + Number.parseInt(run, 16));
  return turns;
}, []);

/**
 * Whether the issuer calls the code point printable: no control, format, private, surrogate or unassigned one.
 *
 * The table comes from the issuer's Unicode version, not from this engine's: a name that the ministry can issue is a
 * name that an old phone can check.
 */
export function isPrintable(point: number): boolean {
  let low = 0;
  let high = TURNS.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((TURNS[middle] ?? 0) <= point) low = middle + 1;
    else high = middle;
  }
  return low % 2 === 1;
}

/** 1-80 characters of NFC that show as they are, single spaces between words. */
export function isPlain(text: string): boolean {
  if (text.length > 2 * MAX_TEXT) return false;
  const points = Array.from(text, (character) => character.codePointAt(0) ?? 0);
  const spaced = !text.startsWith(" ") && !text.endsWith(" ") && !text.includes("  ");
  return (
    points.length > 0 &&
    points.length <= MAX_TEXT &&
    spaced &&
    points.every(isPrintable) &&
    text.normalize("NFC") === text
  );
}
