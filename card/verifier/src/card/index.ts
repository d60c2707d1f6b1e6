/** What checks a worker card: pure, offline, bounded. Mirrors the Python package `card`. */
export { type Code, type Outcome, VerificationError } from "./errors.js";
export { COMPARE, HEADINGS, OUTCOME_OF, PROVES, SENTENCES } from "./generated/messages.js";
