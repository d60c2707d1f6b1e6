/** A code that turns: a new one every 20 seconds while somebody can see it. */

import { decode } from "../card/base45.js";
import { inflate } from "../card/deflate.js";
import type { Bytes } from "../card/encoding.js";
import { present } from "../card/present.js";
import type { KeptCard, KeptKey } from "./kept.js";
import { phoneOf } from "./phone.js";

export const TURN = 20_000; // milliseconds that a code is shown
const OFTEN = 250;

/** Shows `text` of each new code, and how many milliseconds of the one shown are left. */
export interface Shown {
  code(text: string, at: Date): void;
  left(milliseconds: number): void;
}

export class Turning {
  /** What the verifier gave to sign; null for none. */
  #nonce: Bytes | null = null;
  #ends = 0;
  #timer = 0;
  readonly #card: Bytes;

  constructor(
    readonly key: KeptKey,
    public kept: KeptCard,
    readonly shown: Shown,
  ) {
    this.#card = inflate(decode(kept.text));
  }

  /** Begin, or go on after a pause, with a new code. */
  start(): void {
    this.stop();
    this.#ends = 0;
    this.#timer = window.setInterval(() => void this.#tick(), OFTEN);
    void this.#tick();
  }

  stop(): void {
    window.clearInterval(this.#timer);
  }

  /** Answer a verifier's nonce from now on, or none. */
  answer(nonce: Bytes | null): void {
    this.#nonce = nonce;
    this.start();
  }

  async #tick(): Promise<void> {
    const left = this.#ends - performance.now();
    if (left > 0) {
      this.shown.left(left);
      return;
    }
    this.#ends = performance.now() + TURN;
    const now = Math.floor(Date.now() / 1000) + this.kept.ahead;
    this.shown.left(TURN);
    this.shown.code(await present(this.#card, phoneOf(this.key), now, this.#nonce), new Date(now * 1000));
  }
}
