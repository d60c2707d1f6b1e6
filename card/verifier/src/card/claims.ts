/** What a card says: the one projection that every wrapping carries (docs/card-profile.md section 1, card/claims.py). */
import type { Bytes } from "./encoding.js";
import { Malformed } from "./errors.js";
import { parseNumber } from "./number.js";
import { isPlain } from "./text.js";

export const STANDINGS = [
  "unknown",
  "employed",
  "seeking",
  "self-employed",
  "in-school",
  "home-duties",
  "not-seeking",
] as const;
export const CERTIFICATION_STANDINGS = ["self-declared", "employer-stated", "authority-attested"] as const;
export type Standing = (typeof STANDINGS)[number];
export type CertificationStanding = (typeof CERTIFICATION_STANDINGS)[number];
export type Sex = "M" | "F";

export const SHARDS = 2 ** 16;
export const SHARD_SIZE = 2 ** 20;
export const MAX_CERTIFICATIONS = 10;
export const SKKNI_UNIT = /^[A-Z]\.[0-9]{6}\.[0-9]{3}\.[0-9]{2}$/;
const DAY = 86_400;
const JAKARTA = 7 * 3_600;
const MAX_LIFETIME = 5 * 366 * DAY;
const OTHER_CODE = /^(?!skkni\/)[A-Za-z0-9._:-]+\/[A-Za-z0-9._:/-]+$/;

/** A certificate held: a bare SKKNI unit or `scheme/code`, its last day of validity, and who says so. */
export interface Certification {
  readonly code: string;
  readonly expires: string | null;
  readonly standing: CertificationStanding;
}

/** Where a card stands among the status lists. */
export interface StatusReference {
  readonly shard: number;
  readonly index: number;
}

/** All that a card says. Days are `YYYY-MM-DD`, times Unix seconds; `holderKey` 16 bytes of a JWK thumbprint. */
export interface CardClaims {
  readonly number: string;
  readonly name: string;
  readonly birthDate: string;
  readonly sex: Sex;
  readonly standing: Standing;
  readonly employerName: string | null;
  readonly employerNib: string | null;
  readonly occupation: string | null;
  readonly certifications: readonly Certification[];
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly holderKey: Bytes | null;
  readonly status: StatusReference;
}

/** `claims`, when every bound of the profile is kept; Malformed otherwise. */
export function checked(claims: CardClaims): CardClaims {
  expect(parseNumber(claims.number) === claims.number, "card number");
  checkPerson(claims);
  checkWork(claims);
  checkTimes(claims);
  expect(claims.holderKey === null || claims.holderKey.length === 16, "holder key");
  expect(isWhole(claims.status.shard, 0, SHARDS - 1), "status shard");
  expect(isWhole(claims.status.index, 0, SHARD_SIZE - 1), "status index");
  return claims;
}

/** The day of issue in Jakarta. */
export const issuedOn = (claims: CardClaims): string => dayOf(claims.issuedAt + JAKARTA);

/** The last day in Jakarta on which the card is valid. */
export const lastDay = (claims: CardClaims): string => dayOf(claims.expiresAt - 1 + JAKARTA);

/** Days from 1970-01-01 to `day`, `YYYY-MM-DD`. Malformed when the calendar has no such day. */
export function daysOf(day: string): number {
  const time = /^\d{4}-\d{2}-\d{2}$/.test(day) ? Date.parse(`${day}T00:00:00Z`) : Number.NaN;
  const days = time / (DAY * 1000);
  if (Number.isNaN(days) || dateOf(days) !== day) throw new Malformed("got no day of the calendar");
  return days;
}

/** The day, `YYYY-MM-DD`, that many days after 1970-01-01. Malformed beyond what a certificate may have. */
export function dateOf(days: number): string {
  if (!isWhole(days, -719_162, 65_535)) throw new Malformed("got a day out of range"); // from 0001-01-01
  return dayOf(days * DAY);
}

function dayOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 10);
}

function expect(met: boolean, what: string): void {
  if (!met) throw new Malformed(`got another ${what} than the profile has`);
}

function isWhole(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && least <= value && value <= most;
}

function checkPerson({ name, birthDate, sex }: CardClaims): void {
  expect(isPlain(name), "name");
  expect(daysOf(birthDate) >= daysOf("1900-01-01"), "birth date");
  expect(sex === "M" || sex === "F", "sex");
}

function checkWork({ standing, employerName, employerNib, occupation, certifications }: CardClaims): void {
  expect(STANDINGS.includes(standing), "standing");
  expect(employerName === null || isPlain(employerName), "employer's name");
  expect(employerNib === null || (employerName !== null && /^[0-9]{13}$/.test(employerNib)), "employer's NIB");
  expect(occupation === null || /^[0-9]{4}$/.test(occupation), "occupation");
  const codes = new Set(certifications.map(({ code }) => code));
  expect(codes.size === certifications.length && codes.size <= MAX_CERTIFICATIONS, "number of certifications");
  certifications.forEach(checkCertification);
}

function checkCertification({ code, expires, standing }: Certification): void {
  expect(SKKNI_UNIT.test(code) || (code.length <= 32 && OTHER_CODE.test(code)), "certification code");
  expect(expires === null || daysOf(expires) >= daysOf("2000-01-01"), "certification expiry");
  expect(CERTIFICATION_STANDINGS.includes(standing), "certification standing");
}

function checkTimes({ issuedAt, expiresAt, birthDate }: CardClaims): void {
  expect(isWhole(issuedAt, 1_577_836_800, 4_102_444_799), "issue"); // 2020 to 2100
  expect(isWhole(expiresAt - issuedAt, 1, MAX_LIFETIME), "expiry");
  expect(daysOf(birthDate) * DAY <= issuedAt + DAY, "birth date"); // a day is granted for time zones ahead of UTC
}
