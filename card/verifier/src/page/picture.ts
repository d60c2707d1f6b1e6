/** A code in a picture file: looked for at several sizes, since a photo may be far larger than its code needs. */

import type { Reader } from "./reader.js";
import { thinned } from "./worn.js";

const SIDES = [1_600, 2_800, 900]; // pixels of the longer side
const WORN = 900; // of the picture enlarged or not, out of which scratches are taken

/** The text of the code; undefined when there is none to read. Raises: DOMException when it is no picture. */
export async function readPicture(file: Blob, reader: Reader): Promise<string | undefined> {
  const bitmap = await createImageBitmap(file);
  try {
    for (const side of SIDES) {
      const text = await reader.read(scaled(bitmap, Math.min(side, longer(bitmap))), true);
      if (text) {
        return text;
      }
    }
    for (const pick of [Math.min, Math.max]) {
      const text = await reader.read(thinned(scaled(bitmap, WORN), pick), true);
      if (text) {
        return text;
      }
    }
    return undefined;
  } finally {
    bitmap.close();
  }
}

function longer(bitmap: ImageBitmap): number {
  return Math.max(bitmap.width, bitmap.height);
}

function scaled(bitmap: ImageBitmap, side: number): ImageData {
  const scale = side / longer(bitmap);
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) {
    throw new DOMException("got no canvas to draw on", "InvalidStateError");
  }
  context.fillStyle = "#fff"; // a transparent ground is paper
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return context.getImageData(0, 0, canvas.width, canvas.height);
}
