/** Enrolling this phone: its key for a code of the desk, the card in exchange. */

import { type KeptCard, type KeptKey, read, write } from "./kept.js";
import { newKey, proofOf } from "./phone.js";

const ROUTE = "/v1/phone-keys";

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
  const sent = { method: "POST", headers: { "Content-Type": "application/json" } };
  const response = await fetch(ROUTE, { ...sent, body: JSON.stringify(await proofOf(next)) });
  if (!response.ok) {
    const { message } = (await response.json()) as { message: { id: string; en: string } };
    throw new Refusal(message);
  }
  const { number, name, expires_at, text, now } = (await response.json()) as Answer;
  const card = { number, name, expiresAt: expires_at, text, ahead: aheadBy(now) };
  await write({ key: next, card });
  return card;
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
