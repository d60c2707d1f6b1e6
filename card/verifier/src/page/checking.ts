/** From the text of a code to an answer; lists are fetched first where that may change the answer. */

import { avif } from "../card/avif.js";
import { verifyBack } from "../card/back.js";
import { decode } from "../card/base45.js";
import { parse } from "../card/cwt.js";
import { inflate } from "../card/deflate.js";
import type { Bytes } from "../card/encoding.js";
import { type Code, type Outcome, type Titles, VerificationError, type Verified, verify } from "../card/index.js";
import { parse as presented } from "../card/live.js";
import type { Lists } from "./lists.js";
import { now } from "./times.js";

/** A card that was accepted, as of `at`. */
export interface Accepted {
  readonly verified: Verified;
  readonly titles: Titles;
  readonly live: Live | undefined;
  /** The address of the picture in the code on its back, once that was scanned. */
  readonly photo?: string;
  readonly at: number;
}

/** The holder's phone signed at `issuedAt`; `asked`: with the number that this device has just given it. */
export interface Live {
  readonly issuedAt: number;
  readonly asked: boolean;
}

/** What the screen shows; `card` when it was accepted. */
export interface Answer {
  readonly outcome: Outcome;
  readonly code: Code;
  readonly at: number;
  readonly card?: Accepted;
}

const NEWER_MAY_HELP: ReadonlySet<Code> = new Set<Code>([
  "unknown-key",
  "status-missing",
  "status-old",
  "status-too-old",
  "status-signature",
  "suspension-old",
  "trust-missing",
  "trust-stale",
]);
const NOT_AGAIN_WITHIN = 20; // seconds: a gate with a queue and no network does not wait for each card

let tried = 0;

/** Check the text of a code, as of now; `nonce` when the holder's phone was asked to sign it. */
export async function check(text: string, lists: Lists, nonce: Bytes | null): Promise<Answer> {
  const answer = await once(text, lists, nonce);
  if (!NEWER_MAY_HELP.has(answer.code) || !navigator.onLine || now() - tried < NOT_AGAIN_WITHIN) {
    return answer;
  }
  tried = now();
  const { kind } = await lists.refresh();
  return kind === "offline" ? answer : once(text, lists, nonce);
}

/** The picture in the code on the back of a card that was accepted just now; undefined for a code of another kind. */
export async function checkBack(text: string, front: Answer, lists: Lists): Promise<Answer | undefined> {
  if (!front.card) {
    return undefined;
  }
  try {
    const { trust } = await lists.dir();
    const { frame } = await verifyBack(text, { front: front.card.verified.claims, trust });
    const photo = URL.createObjectURL(new Blob([avif(frame)], { type: "image/avif" }));
    return { ...front, card: { ...front.card, photo } };
  } catch (error) {
    if (!(error instanceof VerificationError)) {
      throw error;
    }
    const { outcome, code } = error;
    return code === "not-a-back" ? undefined : { outcome, code, at: now() };
  }
}

async function once(text: string, lists: Lists, nonce: Bytes | null): Promise<Answer> {
  const at = now();
  try {
    const { trust, status, titles } = await lists.dir();
    const verified = await verify(text, { trust, status, now: at, nonce });
    const live = verified.live ? await signedAt(text, nonce) : undefined;
    return { outcome: verified.outcome, code: verified.code, at, card: { verified, titles, live, at } };
  } catch (error) {
    if (error instanceof VerificationError) {
      return { outcome: error.outcome, code: error.code, at };
    }
    throw error;
  }
}

/** When the phone signed, of a live presentation that was verified. */
async function signedAt(text: string, nonce: Bytes | null): Promise<Live | undefined> {
  const shown = await presented(parse(inflate(decode(text))));
  return shown ? { issuedAt: shown.issuedAt, asked: nonce !== null } : undefined;
}
