/** zxing in a worker: the camera's picture stays smooth while it works. */

import { prepareZXingModule, readBarcodes } from "zxing-wasm/reader";
import type { Answered, Asked } from "./reader.js";

declare const ZXING_WASM: string; // its hashed name, set by the build

prepareZXingModule({ overrides: { locateFile: () => new URL(ZXING_WASM, self.location.href).href } });

self.addEventListener("message", async ({ data }: MessageEvent<Asked>) => {
  const { id, picture, thorough } = data;
  const options = { tryHarder: thorough, tryRotate: true, tryInvert: false, tryDownscale: true, maxNumberOfSymbols: 1 };
  const [found] = await readBarcodes(picture, { formats: ["QRCode"], ...options });
  const answered: Answered = { id, text: found?.isValid ? found.text : undefined };
  self.postMessage(answered);
});
