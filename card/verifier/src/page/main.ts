/** The page at /verify: from a code, however it comes in, to an answer on the whole screen. */

import { showAbout } from "./about.js";
import { Asking } from "./asking.js";
import { Camera, type CameraState } from "./camera.js";
import { type Answer, check } from "./checking.js";
import { byId } from "./dom.js";
import { feel } from "./feedback.js";
import { type Language, say, setLanguage, speak } from "./language.js";
import { Lists } from "./lists.js";
import { keepOffline } from "./offline.js";
import { readPicture } from "./picture.js";
import { makeReader, type Reader } from "./reader.js";
import { Scanner } from "./scanner.js";
import { Strip } from "./strip.js";
import { now } from "./times.js";
import { clearVerdict, showVerdict } from "./verdict.js";
import { Wedge } from "./wedge.js";
import type { Word } from "./words.js";

declare const ZXING_WORKER: string; // its hashed name, set by the build

const SOON = 3_600; // seconds after which lists are refreshed without being asked
const IDLE = 60_000; // milliseconds for which the camera stays on behind an answer

class Page {
  readonly #scan = byId("scan");
  readonly #verdict = byId("verdict");
  readonly #hint = byId("hint");
  readonly #camera = new Camera(byId<HTMLVideoElement>("video"), (state) => this.#cameraIs(state));
  readonly #scanner: Scanner;
  readonly #strip: Strip;
  readonly #asking = new Asking();
  #state: CameraState = "asking";
  #shown: { text: string; answer: Answer } | undefined;
  #busy = false;
  #idle = 0;

  constructor(
    readonly lists: Lists,
    readonly reader: Reader,
  ) {
    this.#scanner = new Scanner(this.#camera, reader, (text) => void this.#check(text));
    this.#strip = new Strip(lists, () => undefined);
  }

  async open(): Promise<void> {
    this.#listen();
    this.#show("scan");
    this.#cameraIs("asking");
    new Wedge((text) => void this.#check(text)).listen();
    if (await Camera.allowed()) {
      void this.#look();
    }
    await this.#strip.show();
    const held = await this.lists.held();
    if (navigator.onLine && (!held || now() - held.trust.issuedAt > SOON)) {
      await this.#strip.refresh();
    }
  }

  #listen(): void {
    onClick("camera-start", () => void this.#look());
    onClick("torch", () => void this.#light());
    onClick("turn", () => void this.#camera.turn().then(() => this.#tools()));
    onClick("picture-open", () => byId<HTMLInputElement>("picture").click());
    onClick("typed-open", () => byId<HTMLDialogElement>("typed").showModal());
    onClick("ask-open", () => this.#asking.begin());
    onClick("ask-end", () => this.#asking.end());
    onClick("about-open", () => void this.#about());
    byId<HTMLInputElement>("picture").addEventListener("change", () => void this.#picture());
    byId("typed").addEventListener("submit", () => this.#typed());
    for (const button of document.querySelectorAll<HTMLElement>("[data-close]")) {
      button.addEventListener("click", () => button.closest("dialog")?.close());
    }
    for (const button of document.querySelectorAll<HTMLElement>("[data-language]")) {
      button.addEventListener("click", () => this.#speak(button.dataset["language"] as Language));
    }
    document.addEventListener("visibilitychange", () => this.#seen(!document.hidden));
    window.addEventListener("online", () => void this.#strip.refresh());
  }

  /** Whatever the way a code came in. */
  async #check(text: string): Promise<void> {
    if (this.#busy) {
      return;
    }
    this.#busy = true;
    this.#scanner.stop();
    this.#say("checking");
    for (const dialog of document.querySelectorAll("dialog")) {
      dialog.close();
    }
    try {
      const answer = await check(text.trim(), this.lists, this.#asking.nonce);
      this.#shown = { text, answer };
      this.#show("verdict");
      feel(answer.outcome);
      await this.#strip.show();
    } finally {
      this.#busy = false;
    }
  }

  #show(view: "scan" | "verdict"): void {
    this.#scan.hidden = view !== "scan";
    this.#verdict.hidden = view !== "verdict";
    document.body.dataset["view"] = view;
    clearTimeout(this.#idle);
    if (view === "verdict" && this.#shown) {
      const { text, answer } = this.#shown;
      const refresh = (): void => void this.#strip.refresh().then(() => this.#check(text));
      const ask = (): void => {
        this.#again();
        this.#asking.begin();
      };
      showVerdict(this.#verdict, answer, { again: () => this.#again(), ask, refresh });
      this.#idle = window.setTimeout(() => this.#camera.stop(), IDLE);
    }
  }

  /** On to the next person: of this one nothing stays. */
  #again(): void {
    if (this.#shown?.answer.card) {
      this.#asking.end(); // one who was not accepted may try again with the same number
    }
    this.#shown = undefined;
    clearVerdict(this.#verdict);
    this.#show("scan");
    this.#cameraIs(this.#state);
    byId("hint").focus();
    if (this.#state === "on") {
      void this.#look();
    }
  }

  async #look(): Promise<void> {
    await this.#camera.start();
    this.#tools();
    if (this.#camera.on && !this.#scan.hidden) {
      this.#scanner.start();
    }
  }

  #cameraIs(state: CameraState): void {
    this.#state = state;
    byId("camera").dataset["state"] = state;
    this.#say(`camera-${state}`);
  }

  #tools(): void {
    byId("torch").hidden = !this.#camera.hasTorch;
    byId("turn").hidden = !this.#camera.hasOthers;
    byId("torch").setAttribute("aria-pressed", "false");
  }

  async #light(): Promise<void> {
    const on = byId("torch").getAttribute("aria-pressed") !== "true";
    await this.#camera.light(on);
    byId("torch").setAttribute("aria-pressed", String(on));
  }

  async #picture(): Promise<void> {
    const input = byId<HTMLInputElement>("picture");
    const file = input.files?.[0];
    input.value = "";
    if (!file) {
      return;
    }
    this.#say("picture-reading");
    try {
      const text = await readPicture(file, this.reader);
      text ? await this.#check(text) : this.#say("picture-no-code");
    } catch (error) {
      if (!(error instanceof DOMException)) {
        throw error;
      }
      this.#say("picture-unreadable");
    }
  }

  #typed(): void {
    const field = byId<HTMLTextAreaElement>("typed-text");
    const text = field.value;
    field.value = "";
    void this.#check(text);
  }

  async #about(): Promise<void> {
    const forgotten = (): void => location.reload();
    await showAbout(byId("about-body"), this.lists, forgotten);
    byId<HTMLDialogElement>("about").showModal();
  }

  #seen(visible: boolean): void {
    if (!visible) {
      this.#scanner.stop();
      this.#camera.stop();
    } else if (!this.#scan.hidden && this.#state === "on") {
      void this.#look();
    }
  }

  #speak(language: Language): void {
    setLanguage(language);
    speak();
    this.#strip.hush();
    void this.#strip.show();
    this.#say(`camera-${this.#state}`);
    if (this.#shown) {
      this.#show("verdict");
    }
  }

  #say(word: Word): void {
    this.#hint.textContent = say(word);
  }
}

function onClick(id: string, act: () => void): void {
  byId(id).addEventListener("click", act);
}

speak();
const reader = await makeReader(ZXING_WORKER);
const page = new Page(await Lists.open(), reader);
void page.open();
void keepOffline();
