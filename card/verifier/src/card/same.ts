import { Float } from "./json.js";

/** Whether two values of CBOR or JSON are the same, types and all; the order of members does not count. */
export function same(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (one instanceof Float || other instanceof Float) return false; // no claim is one
  if (one instanceof Uint8Array) return other instanceof Uint8Array && sameItems(one, other);
  if (Array.isArray(one)) return Array.isArray(other) && sameItems(one, other);
  if (one instanceof Map) return other instanceof Map && sameMembers(one, other);
  if (!isPlain(one) || !isPlain(other)) return false;
  return sameMembers(new Map(Object.entries(one)), new Map(Object.entries(other)));
}

function isPlain(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
}

function sameItems(one: ArrayLike<unknown>, other: ArrayLike<unknown>): boolean {
  return one.length === other.length && Array.from(one).every((item, place) => same(item, other[place]));
}

function sameMembers(one: Map<unknown, unknown>, other: Map<unknown, unknown>): boolean {
  return one.size === other.size && [...one].every(([key, value]) => other.has(key) && same(value, other.get(key)));
}
