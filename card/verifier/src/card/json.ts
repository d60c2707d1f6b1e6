/**
 * JSON (RFC 8259), read strictly: no member twice, whole numbers told from floats, depth at most 100.
 *
 * `JSON.parse` keeps the last of two members of one name, and takes 1.0 for 1: then two verifiers could read one token
 * in two ways.
 */
import { type Bytes, utf8 } from "./encoding.js";
import { Malformed } from "./errors.js";

export type Json = null | boolean | number | bigint | string | Float | Json[] | JsonObject;
export interface JsonObject {
  [name: string]: Json;
}

/** A number written with a fraction or an exponent: never a whole one, even when its value is. */
export class Float {
  constructor(readonly value: number) {}
}

const MAX_DEPTH = 100;
const MAX_DIGITS = 4_300; // as Python has it
const NUMBER = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?/y;
const SPACES = /[ \t\n\r]*/y;
const PLAIN = /[ !#-[\]-\uffff]*/y;
const ESCAPED: Record<string, string> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};

/** The value that UTF-8 `data` is. Malformed otherwise. */
export const json = (data: Bytes): Json => new Reader(utf8(data)).whole();

/** The object that UTF-8 `data` is. Malformed otherwise. */
export function jsonObject(data: Bytes): JsonObject {
  const value = json(data);
  if (!isObject(value)) throw new Malformed("got JSON that is not an object");
  return value;
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Float);
}

/** The member `name` of `value`, an object. Malformed when there is none. */
export function member(value: Json, name: string): Json {
  const found = optional(value, name);
  if (found === undefined) throw new Malformed(`got no member ${name}`);
  return found;
}

/** The member `name` of `value`, an object; undefined when it has none. */
export function optional(value: Json, name: string): Json | undefined {
  if (!isObject(value)) throw new Malformed("got no object");
  return Object.hasOwn(value, name) ? value[name] : undefined;
}

/** The member `name`, a text. */
export function text(value: Json, name: string): string {
  const found = member(value, name);
  if (typeof found !== "string") throw new Malformed(`got ${name} that is not a text`);
  return found;
}

/** The member `name`, a whole number from 0 up to 2^53 - 1. */
export function whole(value: Json, name: string): number {
  const found = member(value, name);
  if (typeof found !== "number" || found < 0) throw new Malformed(`got ${name} that is not a whole number`);
  return found;
}

class Reader {
  private place = 0;

  constructor(private readonly source: string) {}

  whole(): Json {
    const value = this.value(1);
    this.match(SPACES);
    if (this.place !== this.source.length) throw new Malformed("got text after JSON");
    return value;
  }

  private value(depth: number): Json {
    if (depth > MAX_DEPTH) throw new Malformed("got JSON nested too deeply");
    this.match(SPACES);
    switch (this.source[this.place]) {
      case "{":
        return this.object(depth);
      case "[":
        return this.array(depth);
      case '"':
        return this.string();
      case "t":
        return this.word("true", true);
      case "f":
        return this.word("false", false);
      case "n":
        return this.word("null", null);
      default:
        return this.number();
    }
  }

  private match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.place;
    const found = pattern.exec(this.source);
    if (found) this.place = pattern.lastIndex;
    return found;
  }

  private take(character: string): boolean {
    this.match(SPACES);
    const there = this.source[this.place] === character;
    if (there) this.place++;
    return there;
  }

  private expect(character: string): void {
    if (!this.take(character)) throw new Malformed(`got no ${character} at character ${this.place} of JSON`);
  }

  private word<T>(word: string, value: T): T {
    if (!this.source.startsWith(word, this.place)) throw new Malformed(`got no JSON at character ${this.place}`);
    this.place += word.length;
    return value;
  }

  private number(): Json {
    const found = this.match(NUMBER);
    if (!found) throw new Malformed(`got no JSON at character ${this.place}`);
    if (found[1] !== undefined || found[2] !== undefined) return new Float(Number(found[0]));
    const value = Number(found[0]) + 0; // -0 is 0
    if (Number.isSafeInteger(value)) return value;
    if (found[0].replace("-", "").length > MAX_DIGITS) throw new Malformed("got a number of too many digits in JSON");
    return BigInt(found[0]);
  }

  private string(): string {
    let value = "";
    for (this.expect('"'); ; ) {
      value += this.match(PLAIN)?.[0] ?? "";
      const next = this.source[this.place++];
      if (next === '"') return value;
      if (next !== "\\") throw new Malformed("got a text in JSON that does not end");
      value += this.escaped();
    }
  }

  private escaped(): string {
    const letter = this.source[this.place++] ?? "";
    if (letter !== "u") {
      const known = Object.hasOwn(ESCAPED, letter) ? ESCAPED[letter] : undefined;
      if (known === undefined) throw new Malformed("got an unknown escape in JSON");
      return known;
    }
    const digits = this.source.slice(this.place, this.place + 4);
    if (!/^[0-9A-Fa-f]{4}$/.test(digits)) throw new Malformed("got an escape in JSON that is cut");
    this.place += 4;
    return String.fromCharCode(Number.parseInt(digits, 16));
  }

  private array(depth: number): Json[] {
    this.expect("[");
    const items: Json[] = [];
    if (this.take("]")) return items;
    do items.push(this.value(depth + 1));
    while (this.take(","));
    this.expect("]");
    return items;
  }

  private object(depth: number): JsonObject {
    this.expect("{");
    const members: JsonObject = Object.create(null);
    if (this.take("}")) return members;
    do {
      this.match(SPACES);
      const name = this.string();
      if (Object.hasOwn(members, name)) throw new Malformed(`got the JSON member ${name} twice`);
      this.expect(":");
      members[name] = this.value(depth + 1);
    } while (this.take(","));
    this.expect("}");
    return members;
  }
}
