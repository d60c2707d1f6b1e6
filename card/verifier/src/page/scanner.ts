/** Looks at the camera's pictures, one after another, until a code is read. */

import type { Camera } from "./camera.js";
import type { Reader } from "./reader.js";

const LARGEST = 1_080; // pixels of the square that is looked at
const PAUSE = 60; // milliseconds between two pictures, so that a cheap phone stays cool
const THOROUGH = 4; // every fourth picture is searched thoroughly
const SAME = 2_500; // milliseconds for which the code just answered is not taken again

export class Scanner {
  readonly #canvas = document.createElement("canvas");
  #running = 0;
  #last: { text: string; until: number } = { text: "", until: 0 };

  constructor(
    readonly camera: Camera,
    readonly reader: Reader,
    readonly found: (text: string) => void,
  ) {}

  /** Begin to look; what was found last is left alone for a moment, as it may still lie before the camera. */
  start(): void {
    this.#last.until = performance.now() + SAME;
    this.#running += 1;
    void this.#look(this.#running);
  }

  stop(): void {
    this.#running += 1;
  }

  async #look(run: number): Promise<void> {
    for (let turn = 1; run === this.#running; turn += 1) {
      const picture = this.camera.on ? this.#picture() : undefined;
      const text = picture && (await this.reader.read(picture, turn % THOROUGH === 0));
      if (run === this.#running && text && !(text === this.#last.text && performance.now() < this.#last.until)) {
        this.#last.text = text;
        this.stop();
        this.found(text);
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  }

  /** The largest square in the middle of the camera's picture: what the frame on the screen shows, and some more. */
  #picture(): ImageData | undefined {
    const { videoWidth: width, videoHeight: height } = this.camera.video;
    const side = Math.min(width, height);
    if (!side || this.camera.video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) {
      return undefined;
    }
    const drawn = Math.min(side, LARGEST);
    this.#canvas.width = this.#canvas.height = drawn;
    const context = this.#canvas.getContext("2d", { willReadFrequently: true });
    context?.drawImage(this.camera.video, (width - side) / 2, (height - side) / 2, side, side, 0, 0, drawn, drawn);
    return context?.getImageData(0, 0, drawn, drawn);
  }
}
