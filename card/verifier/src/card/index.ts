/** What checks a worker card: pure, offline, bounded. Mirrors the Python package `card`. */
export { avif } from "./avif.js";
export { type Back, verifyBack } from "./back.js";
export { type CardClaims, type Certification, issuedOn, lastDay } from "./claims.js";
export { applied, sinceFile } from "./delta.js";
export { type Code, type Outcome, VerificationError } from "./errors.js";
export type { PublicJwk } from "./es256.js";
export { COMPARE, HEADINGS, OUTCOME_OF, PROVES, SENTENCES } from "./generated/messages.js";
export type { Against, StatusLookup } from "./judge.js";
export { challenge, newChallenge } from "./live.js";
export { sentence } from "./messages.js";
export { parseNumber } from "./number.js";
export { toJwt } from "./projection.js";
export { StatusList } from "./status.js";
export { type TrustedKey, TrustList } from "./trust.js";
export { type Lists, type Seen, type Titles, TrustDir } from "./trustdir.js";
export { type Asked, type Verified, verify } from "./verify.js";
