/** Reads QR codes: with the browser's own detector, else with zxing in a worker. */

import { hasDetector } from "./detector.js";
import { scriptUrl } from "./trusted.js";

/** Finds the text of a QR code in a picture, if there is one. `thorough`: turned and inverted ones too, slower. */
export interface Reader {
  read(picture: ImageData, thorough: boolean): Promise<string | undefined>;
}

/** The best reader of this browser. `worker` is the address of zxing's worker. */
export async function makeReader(worker: string): Promise<Reader> {
  return (await hasDetector()) ? new Native(worker) : new Zxing(worker);
}

class Native implements Reader {
  readonly #detector = new BarcodeDetector({ formats: ["qr_code"] });
  #instead: Zxing | undefined;

  constructor(readonly worker: string) {}

  async read(picture: ImageData, thorough: boolean): Promise<string | undefined> {
    if (!this.#instead) {
      try {
        return (await this.#detector.detect(picture))[0]?.rawValue;
      } catch {
        this.#instead = new Zxing(this.worker); // some phones have the interface and not what does the work
      }
    }
    return this.#instead.read(picture, thorough);
  }
}

export interface Asked {
  readonly id: number;
  readonly picture: ImageData;
  readonly thorough: boolean;
}
export interface Answered {
  readonly id: number;
  readonly text: string | undefined;
}

class Zxing implements Reader {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, (text: string | undefined) => void>();
  #last = 0;

  constructor(worker: string) {
    this.#worker = new Worker(scriptUrl(worker), { type: "module" });
    this.#worker.addEventListener("message", ({ data }: MessageEvent<Answered>) => {
      this.#waiting.get(data.id)?.(data.text);
      this.#waiting.delete(data.id);
    });
  }

  read(picture: ImageData, thorough: boolean): Promise<string | undefined> {
    this.#last += 1;
    const asked: Asked = { id: this.#last, picture, thorough };
    return new Promise((resolve) => {
      this.#waiting.set(asked.id, resolve);
      this.#worker.postMessage(asked, [picture.data.buffer]);
    });
  }
}
