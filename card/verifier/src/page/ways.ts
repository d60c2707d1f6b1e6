/** The other ways in which a code comes: a picture file, typed or pasted text, a handheld scanner. */

import { byId, onClick } from "./dom.js";
import { readPicture } from "./picture.js";
import type { Reader } from "./reader.js";
import { Wedge } from "./wedge.js";
import type { Word } from "./words.js";

export interface Given {
  readonly text: (text: string) => void;
  readonly said: (word: Word) => void;
}

/** Listen for all of them; `given` is told of texts, and of what to say meanwhile. */
export function openWays(reader: Reader, given: Given): void {
  const picture = byId<HTMLInputElement>("picture");
  onClick("picture-open", () => picture.click());
  picture.addEventListener("change", () => void chosen(picture, reader, given));
  onClick("typed-open", () => byId<HTMLDialogElement>("typed").showModal());
  byId("typed").addEventListener("submit", () => given.text(emptied(byId<HTMLTextAreaElement>("typed-text"))));
  new Wedge((text) => {
    byId<HTMLTextAreaElement>("typed-text").value = "";
    given.text(text);
  }).listen();
}

async function chosen(picture: HTMLInputElement, reader: Reader, given: Given): Promise<void> {
  const file = picture.files?.[0];
  picture.value = "";
  if (!file) {
    return;
  }
  given.said("picture-reading");
  try {
    const text = await readPicture(file, reader);
    text ? given.text(text) : given.said("picture-no-code");
  } catch (error) {
    if (!(error instanceof DOMException)) {
      throw error;
    }
    given.said("picture-unreadable");
  }
}

function emptied(field: HTMLTextAreaElement): string {
  const text = field.value;
  field.value = "";
  return text;
}
