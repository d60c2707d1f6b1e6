/** The camera on the screen: its picture, its buttons, the line of text below, and the scanner behind it. */

import { Camera, type CameraState } from "./camera.js";
import { byId, onClick } from "./dom.js";
import { say } from "./language.js";
import type { Reader } from "./reader.js";
import { Scanner } from "./scanner.js";
import type { Word } from "./words.js";

const IDLE = 60_000; // milliseconds for which the camera stays on while nothing is looked for

export class Sight {
  readonly #hint = byId("hint");
  readonly #camera = new Camera(byId<HTMLVideoElement>("video"), (state) => this.#is(state));
  readonly #scanner: Scanner;
  #state: CameraState = "asking";
  #looking = false;
  #side: "on" | "back" = "on";
  #idle = 0;

  constructor(reader: Reader, found: (text: string) => void) {
    this.#scanner = new Scanner(this.#camera, reader, found);
    this.#is("asking");
    onClick("camera-start", () => void this.look());
    onClick("torch", () => void this.#light());
    onClick("turn", () => void this.#camera.turn().then(() => this.#tools()));
    document.addEventListener("visibilitychange", () => this.#seen(!document.hidden));
  }

  /** Look for codes, that of a card's back when `side` says so; asks for the camera where it must. */
  async look(side: "on" | "back" = "on"): Promise<void> {
    this.#side = side;
    this.#looking = true;
    clearTimeout(this.#idle);
    await this.#camera.start();
    this.#tools();
    if (this.#camera.on && this.#looking) {
      this.sayAgain();
      this.#scanner.start();
    }
  }

  /** Look if that needs no question: the camera was on, or was allowed before. */
  async lookIfAllowed(): Promise<void> {
    if (this.#state === "on" || (await Camera.allowed())) {
      await this.look();
    }
  }

  /** Look for nothing; the camera goes out a while later, or is ready for the next card. */
  rest(): void {
    this.#looking = false;
    this.#scanner.stop();
    clearTimeout(this.#idle);
    this.#idle = window.setTimeout(() => this.#camera.stop(), IDLE);
  }

  /** The line below the picture. */
  say(word: Word): void {
    this.#hint.textContent = say(word);
  }

  /** The line says again what the camera does, in the language in use. */
  sayAgain(): void {
    this.say(`camera-${this.#state === "on" ? this.#side : this.#state}`);
  }

  #is(state: CameraState): void {
    this.#state = state;
    byId("camera").dataset["state"] = state;
    this.sayAgain();
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

  #seen(visible: boolean): void {
    if (!visible) {
      this.#scanner.stop();
      this.#camera.stop();
    } else if (this.#looking) {
      void this.look(this.#side);
    }
  }
}
