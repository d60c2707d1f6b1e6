/** The page at /verify: from a code, however it comes in, to an answer on the whole screen. */

import { showAbout } from "./about.js";
import { Asking } from "./asking.js";
import { type Answer, check, checkBack } from "./checking.js";
import { byId, onClick } from "./dom.js";
import { feel } from "./feedback.js";
import { type Language, setLanguage, speak } from "./language.js";
import { Lists } from "./lists.js";
import { keepOffline } from "./offline.js";
import { makeReader, type Reader } from "./reader.js";
import { Sight } from "./sight.js";
import { Strip } from "./strip.js";
import { now } from "./times.js";
import { clearVerdict, showVerdict } from "./verdict.js";
import { openWays } from "./ways.js";

declare const ZXING_WORKER: string; // its hashed name, set by the build

const SOON = 3_600; // seconds after which lists are refreshed without being asked

class Page {
  readonly #scan = byId("scan");
  readonly #verdict = byId("verdict");
  readonly #sight: Sight;
  readonly #strip: Strip;
  readonly #asking = new Asking();
  #shown: { readonly text: string; readonly answer: Answer } | undefined;
  #front: Answer | undefined; // of the card whose back is looked for
  #busy = false;

  constructor(
    readonly lists: Lists,
    reader: Reader,
  ) {
    this.#sight = new Sight(reader, (text) => void this.#check(text));
    this.#strip = new Strip(lists, () => this.#checkAgain());
    openWays(reader, { text: (text) => void this.#check(text), said: (word) => this.#sight.say(word) });
  }

  async open(): Promise<void> {
    this.#listen();
    this.#show("scan");
    void this.#sight.lookIfAllowed();
    await this.#strip.show();
    const held = await this.lists.held();
    if (navigator.onLine && (!held || held.overdue || now() - held.trust.issuedAt > SOON)) {
      await this.#strip.refresh();
    }
  }

  #listen(): void {
    onClick("ask-open", () => this.#ask());
    onClick("ask-end", () => this.#asking.end());
    onClick("about-open", () => void this.#about());
    for (const button of document.querySelectorAll<HTMLElement>("[data-close]")) {
      button.addEventListener("click", () => button.closest("dialog")?.close());
    }
    for (const button of document.querySelectorAll<HTMLElement>("[data-language]")) {
      button.addEventListener("click", () => this.#speak(button.dataset["language"] as Language));
    }
    window.addEventListener("online", () => void this.#strip.refresh());
  }

  /** Whatever the way a code came in. */
  async #check(text: string): Promise<void> {
    if (this.#busy) {
      return;
    }
    this.#busy = true;
    this.#sight.rest();
    this.#sight.say("checking");
    for (const dialog of document.querySelectorAll("dialog")) {
      dialog.close();
    }
    try {
      const behind = this.#front && (await checkBack(text.trim(), this.#front, this.lists));
      this.#front = undefined;
      const answer = behind ?? (await check(text.trim(), this.lists, this.#asking.nonce));
      this.#shown = { text, answer };
      this.#show("verdict");
      feel(answer.outcome);
    } finally {
      this.#busy = false;
    }
    await this.#strip.show(); // the check may have fetched newer lists
  }

  #show(view: "scan" | "verdict"): void {
    this.#scan.hidden = view !== "scan";
    this.#verdict.hidden = view !== "verdict";
    if (view === "verdict" && this.#shown) {
      showVerdict(this.#verdict, this.#shown.answer, {
        again: () => this.#again(),
        ask: () => this.#ask(),
        turnOver: () => this.#turnOver(),
        refresh: () => void this.#strip.refresh(),
      });
    }
  }

  /** Newer lists may say something else of the card on the screen. What a phone signed for a minute is left alone. */
  #checkAgain(): void {
    const { text, answer } = this.#shown ?? {};
    if (answer?.card?.photo) {
      return; // nor is a card that was turned over
    }
    const unsure = answer?.outcome === "status-old" || answer?.outcome === "cannot-check";
    if (text && unsure && !answer.card?.live) {
      void this.#check(text);
    }
  }

  /** On to the next person: of this one nothing stays. */
  #again(): void {
    const { photo } = this.#shown?.answer.card ?? {};
    if (photo) {
      URL.revokeObjectURL(photo);
    }
    if (this.#shown?.answer.card) {
      this.#asking.end(); // one who was not accepted may try again with the same number
    }
    this.#shown = undefined;
    clearVerdict(this.#verdict);
    this.#show("scan");
    this.#sight.sayAgain();
    byId("hint").focus();
    void this.#sight.lookIfAllowed();
  }

  /** Ask the next phone, or that of the person whose card was just checked, to sign a new number. */
  #ask(): void {
    if (this.#shown) {
      this.#again();
    }
    this.#asking.begin();
    void this.#sight.look();
  }

  /** Look for the code on the back of the card that is on the screen. */
  #turnOver(): void {
    this.#front = this.#shown?.answer;
    this.#shown = undefined;
    clearVerdict(this.#verdict);
    this.#show("scan");
    void this.#sight.look("back");
  }

  async #about(): Promise<void> {
    await showAbout(byId("about-body"), this.lists, () => location.reload());
    byId<HTMLDialogElement>("about").showModal();
  }

  #speak(language: Language): void {
    setLanguage(language);
    speak();
    this.#strip.hush();
    void this.#strip.show();
    this.#sight.sayAgain();
    if (this.#shown) {
      this.#show("verdict");
    }
  }
}

speak();
const reader = await makeReader(ZXING_WORKER);
const page = new Page(await Lists.open(), reader);
void page.open();
void keepOffline();
