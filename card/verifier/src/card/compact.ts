/**
 * Compact JWS with ES256 (RFC 7515), read strictly: three header members, no aliases of the same token.
 *
 * The algorithm is ours, never the token's: who verifies passes the key and the `typ` expected. Mirrors keys/jws.py.
 */
import { ascii, type Bytes, unb64url } from "./encoding.js";
import { Malformed } from "./errors.js";
import * as es256 from "./es256.js";
import { type JsonObject, jsonObject, text } from "./json.js";

/** A token taken apart, not believed. */
export class Unverified {
  constructor(
    readonly alg: string,
    readonly typ: string,
    readonly kid: Bytes,
    private readonly signed: string,
    private readonly payload: string,
    private readonly signature: Bytes,
  ) {}

  /** The payload, or null when the signature is not ES256 of `key`; Malformed if it is no JSON object. */
  async verified(key: CryptoKey): Promise<JsonObject | null> {
    const genuine = this.alg === "ES256" && (await es256.verify(key, ascii(this.signed), this.signature));
    return genuine ? jsonObject(unb64url(this.payload)) : null;
  }
}

/** Take a compact JWS apart; Malformed when it is not one, or not of the strict form. */
export function parse(token: string): Unverified {
  const [head, payload, signature, ...more] = token.split(".");
  if (head === undefined || payload === undefined || signature === undefined || more.length) {
    throw new Malformed("got another number of parts than 3");
  }
  const members = jsonObject(unb64url(head));
  unb64url(payload);
  if (Object.keys(members).length !== 3) throw new Malformed("got header members beside alg, kid, typ");
  const [alg, kid, typ] = ["alg", "kid", "typ"].map((name) => text(members, name)) as [string, string, string];
  return new Unverified(alg, typ, unb64url(kid), `${head}.${payload}`, payload, unb64url(signature));
}

/** The same of a token of one type and at most `limit` characters, else Malformed. */
export function parseAs(typ: string, token: string, limit: number): Unverified {
  if (token.length > limit) throw new Malformed(`got more than ${limit} characters`);
  const unverified = parse(token);
  if (unverified.typ !== typ) throw new Malformed(`got type ${unverified.typ}, expected ${typ}`);
  return unverified;
}
