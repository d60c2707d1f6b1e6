/** zxing in a worker: the camera's picture stays smooth while it works. */

import { prepareZXingModule, readBarcodes } from "zxing-wasm/reader";
import type { Answered, Asked } from "./reader.js";

declare const ZXING_WASM: string; // its hashed name, set by the build

prepareZXingModule({ overrides: { locateFile: () => new URL(ZXING_WASM, self.location.href).href } });

const ONE = ["LocalAverage"] as const;
const BOTH = ["LocalAverage", "GlobalHistogram"] as const; // by the whole picture's shades a scratched corner is found

self.addEventListener("message", async ({ data }: MessageEvent<Asked>) => {
  const { id, picture, thorough } = data;
  const options = { tryHarder: thorough, tryRotate: true, tryInvert: false, tryDownscale: true, maxNumberOfSymbols: 1 };
  let text: string | undefined;
  for (const binarizer of thorough ? BOTH : ONE) {
    const [found] = await readBarcodes(picture, { formats: ["QRCode"], binarizer, ...options });
    if (found?.isValid) {
      text = found.text;
      break;
    }
  }
  const answered: Answered = { id, text };
  self.postMessage(answered);
});
