/** The strip at the foot: how old the lists are, a button to refresh them, and what came of it. Always in sight. */

import { sentence } from "../card/index.js";
import { byId } from "./dom.js";
import { language, say } from "./language.js";
import type { Lists, Refreshed } from "./lists.js";
import { ago } from "./times.js";

const LONG = 30_000; // milliseconds for which it stands there what came of a refresh
const OFTEN = 30_000; // milliseconds between two looks at the clock

export class Strip {
  readonly #strip = byId("lists");
  readonly #age = byId("lists-age");
  readonly #said = byId("lists-said");
  readonly #button = byId<HTMLButtonElement>("refresh");

  constructor(
    readonly lists: Lists,
    readonly refreshed: () => void,
  ) {
    this.#button.addEventListener("click", () => void this.refresh());
    setInterval(() => void this.show(), OFTEN);
  }

  /** Refresh, and tell what came of it. */
  async refresh(): Promise<void> {
    this.#strip.setAttribute("aria-busy", "true");
    this.#button.disabled = true;
    this.#said.textContent = say("refreshing");
    const result = await this.lists.refresh();
    this.#strip.removeAttribute("aria-busy");
    this.#button.disabled = false;
    this.#said.textContent = told(result);
    setTimeout(() => this.hush(), LONG);
    await this.show();
    this.refreshed();
  }

  /** The age, by now. */
  async show(): Promise<void> {
    const held = await this.lists.held();
    this.#strip.hidden = false;
    this.#strip.dataset["age"] = held ? (held.overdue ? "old" : "fresh") : "none";
    const word = held?.overdue ? "lists-old" : "lists-age";
    this.#age.textContent = held ? say(word, { age: ago(held.oldest) }) : say("lists-none");
  }

  /** What was said last is of the past, or in another language. */
  hush(): void {
    this.#said.textContent = "";
  }
}

function told(result: Refreshed): string {
  switch (result.kind) {
    case "new":
      return say("refreshed-new");
    case "same":
      return say("refreshed-same");
    case "unkept":
      return say("refreshed-unkept");
    case "offline":
      return say("refreshed-offline");
    case "refused":
      return say("refreshed-refused", { why: sentence(result.code)[language()] });
  }
}
