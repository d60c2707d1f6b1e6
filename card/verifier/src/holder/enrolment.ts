/** Enrolling this phone: its key for a code of the desk, the card in exchange. */

import { decode } from "../card/base45.js";
import { inflate } from "../card/deflate.js";
import { ascii } from "../card/encoding.js";
import { present } from "../card/present.js";
import { type KeptCard, type KeptKey, read, write } from "./kept.js";
import { newKey, phoneOf, proofOf } from "./phone.js";

const ROUTE = "/v1/phone-keys";
const SENT = { method: "POST", headers: { "Content-Type": "application/json" } };
const RENEWAL = "kets-renewal"; // in the place of a verifier's number

/** A refusal in both languages, as the registry words it. */
export class Refusal extends Error {
  constructor(readonly said: { readonly id: string; readonly en: string }) {
    super(said.en);
  }
}

interface Answer {
  readonly number: string;
  readonly name: string;
  readonly expires_at: string;
  readonly text: string;
  readonly now: number;
}

/**
 * Enrol with `code`, 16 characters; the card that is then kept here.
 *
 * The key is kept before it is sent, so that after a lost answer the same key asks again. Throws Refusal when the
 * registry says no, TypeError when it cannot be reached.
 */
export async function enrol(code: string): Promise<KeptCard> {
  const kept = await read();
  const next: KeptKey = kept.next?.code === code ? kept.next : await newKey(code);
  await write({ ...kept, next });
  await navigator.storage?.persist?.();
  const response = await fetch(ROUTE, { ...SENT, body: JSON.stringify(await proofOf(next)) });
  if (!response.ok) {
    const { message } = (await response.json()) as { message: { id: string; en: string } };
    throw new Refusal(message);
  }
  const card = cardOf((await response.json()) as Answer);
  await write({ key: next, card });
  return card;
}

/** The card in force, where the registry can be asked and another has taken the place of `card`; else null. */
export async function renewed(key: KeptKey, card: KeptCard): Promise<KeptCard | null> {
  const now = Math.floor(Date.now() / 1000) + card.ahead;
  const text = await present(inflate(decode(card.text)), phoneOf(key), now, ascii(RENEWAL));
  try {
    const response = await fetch(`${ROUTE}/card`, { ...SENT, body: JSON.stringify({ text }) });
    const current = response.ok ? cardOf((await response.json()) as Answer) : card;
    return current.number === card.number ? null : current;
  } catch (error) {
    if (error instanceof TypeError) {
      return null; // no network
    }
    throw error;
  }
}

function cardOf({ number, name, expires_at, text, now }: Answer): KeptCard {
  return { number, name, expiresAt: expires_at, text, ahead: aheadBy(now) };
}

/** Seconds by which a clock that shows `now` is ahead of this phone's; 0 where they agree well enough. */
export function aheadBy(now: number): number {
  const ahead = Math.round(now - Date.now() / 1000);
  return Math.abs(ahead) > 5 ? ahead : 0;
}

/** By how much the registry's clock is ahead, asked now; null where it does not answer. */
export async function clock(): Promise<number | null> {
  try {
    const response = await fetch("now", { cache: "no-store" });
    return response.ok ? aheadBy(((await response.json()) as { now: number }).now) : null;
  } catch {
    return null;
  }
}
