/**
 * The claims as the maps of a CWT (integer keys) and of a JWT (names), both ways (card/projection.py).
 *
 * What comes in is read by its exact shape and then written again: unless that gives the same map, it is refused.
 */
import type { Cbor, CborKey, CborMap } from "./cbor.js";
import {
  type CardClaims,
  CERTIFICATION_STANDINGS,
  type Certification,
  type CertificationStanding,
  checked,
  dateOf,
  daysOf,
  type Sex,
  SKKNI_UNIT,
  STANDINGS,
  type Standing,
  type StatusReference,
} from "./claims.js";
import { b64url, unb64url } from "./encoding.js";
import { Malformed } from "./errors.js";
import { type Json, type JsonObject, member, optional, text } from "./json.js";
import { same } from "./same.js";

export const PROFILE_VERSION = 1;
const [EXP, IAT, CNF, IDENTITY, STATUS, WORKER] = [4, 6, 8, 169, 65_535, -65_537];
const SEX_WORD: Record<Sex, string> = { M: "male", F: "female" };

/** The name of a shard's status list: `kets:status:N`. */
export const statusName = (shard: number): string => `kets:status:${shard}`;

/** The claims of a CWT claims set. Malformed unless it is one of this profile. */
export function fromCwt(payload: CborMap): CardClaims {
  const [identity, worker, cnf] = [mapAt(payload, IDENTITY), mapAt(payload, WORKER), payload.get(CNF)];
  const birth = textAt(identity, 8);
  const claims = checked({
    number: textAt(identity, 1),
    name: textAt(identity, 4),
    birthDate: `${birth.slice(0, 4)}-${birth.slice(4, 6)}-${birth.slice(6)}`,
    sex: at(["M", "F"] as const, wholeAt(identity, 9) - 1),
    standing: at(STANDINGS, wholeAt(worker, 1)),
    employerName: worker.has(2) ? textAt(worker, 2) : null,
    employerNib: worker.has(3) ? String(wholeAt(worker, 3)).padStart(13, "0") : null,
    occupation: worker.has(4) ? String(wholeAt(worker, 4)).padStart(4, "0") : null,
    certifications: listAt(worker, 5).map(certificationOfCwt),
    issuedAt: wholeAt(payload, IAT),
    expiresAt: wholeAt(payload, EXP),
    holderKey: cnf === undefined ? null : bytesAt(asMap(cnf), 3),
    status: statusOfCwt(mapAt(mapAt(payload, STATUS), "status_list")),
  });
  if (!same(toCwt(claims), payload)) throw new Malformed("got claims beside those of this profile, or in another form");
  return claims;
}

/** The claims of a JWT claims set. Malformed unless it is one of this profile. */
export function fromJwt(payload: JsonObject): CardClaims {
  const worker = member(payload, "worker");
  const employer = optional(worker, "employer");
  const cnf = optional(payload, "cnf");
  const claims = checked({
    number: text(payload, "jti"),
    name: text(payload, "name"),
    birthDate: text(payload, "birthdate"),
    sex: text(payload, "gender") === SEX_WORD.M ? "M" : "F",
    standing: text(worker, "standing") as Standing,
    employerName: employer === undefined ? null : text(employer, "name"),
    employerNib: employer === undefined || optional(employer, "nib") === undefined ? null : text(employer, "nib"),
    occupation: optional(worker, "occupation") === undefined ? null : text(worker, "occupation"),
    certifications: items(member(worker, "certifications")).map(certificationOfJwt),
    issuedAt: asWhole(member(payload, "iat")),
    expiresAt: asWhole(member(payload, "exp")),
    holderKey: cnf === undefined ? null : unb64url(text(cnf, "kid")),
    status: statusOfJwt(member(member(payload, "status"), "status_list")),
  });
  if (!same(toJwt(claims), payload)) throw new Malformed("got claims beside those of this profile, or in another form");
  return claims;
}

/** The CWT claims set. */
export function toCwt(claims: CardClaims): CborMap {
  const { index, shard } = claims.status;
  return map([
    [EXP, claims.expiresAt],
    [IAT, claims.issuedAt],
    [CNF, claims.holderKey && map([[3, claims.holderKey]])],
    [IDENTITY, identityToCwt(claims)],
    [STATUS, map([["status_list", map([["idx", index] as const, ["uri", statusName(shard)] as const])]])],
    [WORKER, workerToCwt(claims)],
  ]);
}

/** The JWT claims set. */
export function toJwt(claims: CardClaims): JsonObject {
  const { employerName, employerNib, holderKey, status } = claims;
  return present({
    jti: claims.number,
    iat: claims.issuedAt,
    exp: claims.expiresAt,
    name: claims.name,
    birthdate: claims.birthDate,
    gender: SEX_WORD[claims.sex],
    status: { status_list: { idx: status.index, uri: statusName(status.shard) } },
    worker: present({
      v: PROFILE_VERSION,
      standing: claims.standing,
      employer: employerName === null ? null : present({ name: employerName, nib: employerNib }),
      occupation: claims.occupation,
      certifications: claims.certifications.map(({ code, expires, standing }) => present({ code, expires, standing })),
    }),
    cnf: holderKey && { kid: b64url(holderKey) },
  });
}

function identityToCwt({ number, name, birthDate, sex }: CardClaims): CborMap {
  return map([
    [1, number],
    [4, name],
    [8, birthDate.replaceAll("-", "")],
    [9, sex === "M" ? 1 : 2],
  ]);
}

function workerToCwt(claims: CardClaims): CborMap {
  return map([
    [0, PROFILE_VERSION],
    [1, STANDINGS.indexOf(claims.standing)],
    [2, claims.employerName],
    [3, claims.employerNib === null ? null : Number(claims.employerNib)],
    [4, claims.occupation === null ? null : Number(claims.occupation)],
    [5, claims.certifications.map(certificationToCwt)],
  ]);
}

function certificationToCwt({ code, expires, standing }: Certification): Cbor[] {
  const unit = SKKNI_UNIT.test(code) ? Number(`${code.charCodeAt(0) - 64}${code.slice(1).replaceAll(".", "")}`) : code;
  return [unit, expires === null ? null : daysOf(expires), CERTIFICATION_STANDINGS.indexOf(standing)];
}

function certificationOfCwt(item: Cbor): Certification {
  if (!Array.isArray(item) || item.length !== 3) throw new Malformed("got a certification of another form");
  const [code, days, standing] = item;
  return {
    code: typeof code === "number" ? unitOf(code) : asText(code),
    expires: days === null ? null : dateOf(asWhole(days)),
    standing: at(CERTIFICATION_STANDINGS, asWhole(standing)),
  };
}

function unitOf(code: number): string {
  const digits = String(code % 1e11).padStart(11, "0");
  const letter = String.fromCharCode(64 + Math.floor(code / 1e11));
  return `${letter}.${digits.slice(0, 6)}.${digits.slice(6, 9)}.${digits.slice(9)}`;
}

function certificationOfJwt(item: Json): Certification {
  const expires = optional(item, "expires");
  return {
    code: text(item, "code"),
    expires: expires === undefined ? null : asText(expires),
    standing: text(item, "standing") as CertificationStanding,
  };
}

function statusOfCwt(entry: CborMap): StatusReference {
  return { shard: shardOf(textAt(entry, "uri")), index: wholeAt(entry, "idx") };
}

function statusOfJwt(entry: Json): StatusReference {
  return { shard: shardOf(text(entry, "uri")), index: asWhole(member(entry, "idx")) };
}

const shardOf = (name: string): number => Number(name.slice(name.lastIndexOf(":") + 1));

function map(members: readonly (readonly [CborKey | undefined, Cbor])[]): CborMap {
  return new Map(members.filter(([, value]) => value !== null)) as CborMap;
}

function present(members: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null));
}

function at<T>(words: readonly T[], place: number): T {
  const word = words[place];
  if (word === undefined) throw new Malformed("got a number that stands for nothing");
  return word;
}

function items(value: Json): Json[] {
  if (!Array.isArray(value)) throw new Malformed("got no array");
  return value;
}

function asMap(value: Cbor | undefined): CborMap {
  if (!(value instanceof Map)) throw new Malformed("got no map");
  return value;
}

function asText(value: Cbor | Json | undefined): string {
  if (typeof value !== "string") throw new Malformed("got no text");
  return value;
}

function asWhole(value: Cbor | Json | undefined): number {
  if (typeof value !== "number") throw new Malformed("got no whole number");
  return value;
}

const mapAt = (from: CborMap, key: CborKey | undefined): CborMap => asMap(from.get(key ?? ""));
const textAt = (from: CborMap, key: CborKey): string => asText(from.get(key));
const wholeAt = (from: CborMap, key: CborKey | undefined): number => asWhole(from.get(key ?? ""));

function bytesAt(from: CborMap, key: CborKey): Uint8Array<ArrayBuffer> {
  const value = from.get(key);
  if (!(value instanceof Uint8Array)) throw new Malformed("got no bytes");
  return value;
}

function listAt(from: CborMap, key: CborKey): Cbor[] {
  const value = from.get(key);
  if (!Array.isArray(value)) throw new Malformed("got no array");
  return value;
}
