/** The page at /card: a phone is enrolled with a code of the desk, and from then on shows its holder's card live. */

import type { Bytes } from "../card/encoding.js";
import { Malformed } from "../card/errors.js";
import { challenge, spelled } from "../card/live.js";
import { byId } from "../page/dom.js";
import { keepOffline } from "../page/offline.js";
import { keepAwake, letSleep } from "./awake.js";
import { clock, enrol, Refusal, renewed } from "./enrolment.js";
import { type Kept, read, write } from "./kept.js";
import { symbol } from "./symbol.js";
import { TURN, Turning } from "./turning.js";
import { type Language, language, locale, say, setLanguage, speak, type Word } from "./words.js";

const CODE = 16;
const REFRESHED = 600_000; // milliseconds after which the registry is asked again
const ANSWERED = 120_000; // milliseconds after which a verifier's number is let go

class Page {
  #kept: Kept = {};
  #turning: Turning | undefined;
  #answering = "";
  #over = 0;
  #refreshed = Date.now();
  #said: () => string = () => "";

  async open(): Promise<void> {
    speak();
    this.#listen();
    try {
      this.#kept = await read();
    } catch (error) {
      if (!(error instanceof DOMException)) {
        throw error;
      }
      this.#tell(() => say("not-here"));
      return;
    }
    this.#show();
    this.#given();
    void this.#refresh();
  }

  #listen(): void {
    byId("enrolment").addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#enrol(byId<HTMLInputElement>("code").value);
    });
    byId("challenge").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#challenged(byId<HTMLInputElement>("nonce").value);
    });
    byId("nonce-over").addEventListener("click", () => this.#answer("", null));
    byId("remove").addEventListener("click", () => byId<HTMLDialogElement>("removal").showModal());
    byId("remove-no").addEventListener("click", () => byId<HTMLDialogElement>("removal").close());
    byId("remove-yes").addEventListener("click", () => void this.#remove());
    for (const button of document.querySelectorAll<HTMLElement>("[data-language]")) {
      button.addEventListener("click", () => this.#speak(button.dataset["language"] as Language));
    }
    window.addEventListener("hashchange", () => this.#given());
    document.addEventListener("visibilitychange", () => this.#seen(!document.hidden));
  }

  /** What came in the address: a code of the desk, or a verifier's number; it is taken out of the address at once. */
  #given(): void {
    const given = decodeURIComponent(location.hash.slice(1));
    history.replaceState(null, "", location.pathname);
    if (given.length > 12) {
      byId<HTMLInputElement>("code").value = given;
      this.#offer();
    } else if (given && this.#turning) {
      this.#challenged(given);
    }
  }

  /** The form for a code; over a card that is there it says what becomes of that. */
  #offer(): void {
    const name = this.#kept.card?.name;
    byId("enrolment").hidden = false;
    this.#tell(() => (name ? say("replaces", { name }) : ""));
  }

  async #enrol(typed: string): Promise<void> {
    const button = byId("enrolment").querySelector("button");
    button?.setAttribute("disabled", "");
    this.#tell(() => say("enrolling"));
    try {
      await enrol(spelled(typed, CODE));
      this.#kept = await read();
      byId<HTMLInputElement>("code").value = "";
      this.#tell(() => "");
      this.#show();
    } catch (error) {
      this.#tell(reason(error));
    } finally {
      button?.removeAttribute("disabled");
    }
  }

  #show(): void {
    const { key, card } = this.#kept;
    this.#turning?.stop();
    this.#turning = undefined;
    byId("empty").hidden = byId("card").hidden = true;
    byId("enrolment").hidden = card !== undefined;
    if (!key || !card) {
      byId("empty").hidden = false;
      void letSleep();
      return;
    }
    byId("card").hidden = false;
    byId("name").textContent = card.name;
    byId("number").textContent = card.number;
    this.#turning = new Turning(key, card, {
      code: (text, at) => this.#code(text, at),
      left: (milliseconds) => this.#left(milliseconds),
    });
    this.#words();
    this.#seen(!document.hidden);
  }

  #code(text: string, at: Date): void {
    byId("symbol").replaceChildren(symbol(text));
    byId("made").dataset["at"] = at.toISOString();
    byId("made").textContent = say("made-at", { time: at.toLocaleTimeString(locale()) });
  }

  #left(milliseconds: number): void {
    byId("left").textContent = say("new-in", { seconds: Math.ceil(milliseconds / 1000) });
    byId("ring").setAttribute("stroke-dashoffset", String(100 - (100 * milliseconds) / TURN));
  }

  #challenged(typed: string): void {
    try {
      const nonce = challenge(typed);
      const text = spelled(typed, nonce.length);
      byId<HTMLInputElement>("nonce").value = "";
      this.#answer(`${text.slice(0, 4)}-${text.slice(4)}`, nonce);
    } catch (error) {
      this.#tell(reason(error, "nonce-wrong"));
    }
  }

  /** Answer a verifier's number for two minutes, or, with "", none. */
  #answer(shown: string, nonce: Bytes | null): void {
    window.clearTimeout(this.#over);
    this.#answering = shown;
    this.#tell(() => "");
    this.#words();
    this.#turning?.answer(nonce);
    if (nonce) {
      byId("symbol").scrollIntoView();
      this.#over = window.setTimeout(() => this.#answer("", null), ANSWERED);
    }
  }

  /** The words that have something filled in. */
  #words(): void {
    const { card } = this.#kept;
    byId("said").textContent = this.#said();
    byId("symbol").setAttribute("aria-label", say("code-of-card"));
    byId("answering").hidden = !this.#answering;
    byId("answering-said").textContent = say("nonce-answering", { nonce: this.#answering });
    if (card) {
      const day = { dateStyle: "long", timeZone: "Asia/Jakarta" } as const;
      byId("until").textContent = new Date(Date.parse(card.expiresAt) - 1).toLocaleDateString(locale(), day);
    }
  }

  #tell(said: () => string): void {
    this.#said = said;
    byId("said").textContent = said();
  }

  #speak(chosen: Language): void {
    setLanguage(chosen);
    speak();
    this.#words();
  }

  /** Codes turn while somebody can see them. */
  #seen(visible: boolean): void {
    if (visible && this.#turning) {
      this.#turning.start();
      void keepAwake();
      if (Date.now() - this.#refreshed > REFRESHED) {
        void this.#refresh();
      }
    } else {
      this.#turning?.stop();
    }
  }

  /** Where the registry can be asked: set codes right by its clock, and take the card in force. */
  async #refresh(): Promise<void> {
    const { key, card } = this.#kept;
    const ahead = key && card ? await clock() : null;
    if (!key || !card || ahead === null) {
      return;
    }
    this.#refreshed = Date.now();
    const set = { ...card, ahead };
    const held = (await renewed(key, set)) ?? set;
    if (held.number !== card.number || held.ahead !== card.ahead) {
      this.#kept = { ...this.#kept, card: held };
      await write(this.#kept);
      this.#show();
    }
  }

  async #remove(): Promise<void> {
    byId<HTMLDialogElement>("removal").close();
    this.#kept = {};
    await write(this.#kept);
    this.#answer("", null);
    this.#show();
  }
}

/** Why something did not work, in the language in use by then. */
function reason(error: unknown, malformed: Word = "code-wrong"): () => string {
  if (error instanceof Refusal) {
    return () => error.said[language()];
  }
  if (error instanceof Malformed) {
    return () => say(malformed);
  }
  if (error instanceof TypeError) {
    return () => say("no-network");
  }
  if (error instanceof DOMException) {
    return () => say("not-here");
  }
  throw error;
}

void new Page().open();
void keepOffline();
