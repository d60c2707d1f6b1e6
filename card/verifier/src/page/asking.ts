/** Asking for a live proof: a number that the holder's phone is to sign, new for each person. */

import type { Bytes } from "../card/encoding.js";
import { challenge, newChallenge } from "../card/live.js";
import { byId } from "./dom.js";

export class Asking {
  readonly #panel = byId("ask");
  readonly #code = byId("ask-code");

  /** What must be signed now; null when nothing was asked. */
  get nonce(): Bytes | null {
    return this.#panel.hidden ? null : challenge(this.#code.textContent ?? "");
  }

  begin(): void {
    this.#code.textContent = newChallenge();
    this.#panel.hidden = false;
  }

  end(): void {
    this.#panel.hidden = true;
    this.#code.textContent = "";
  }
}
