/** The language in use, remembered on the device. */

import { WORDS, type Word, type Words } from "./words.js";

export type Language = "id" | "en";

const KEPT = "kets-language";
let current: Language = localStorage.getItem(KEPT) === "en" ? "en" : "id";

/** The language in use. */
export function language(): Language {
  return current;
}

/** The other one. */
export function otherLanguage(): Language {
  return current === "id" ? "en" : "id";
}

/** Use `chosen` from now on. */
export function setLanguage(chosen: Language): void {
  current = chosen;
  localStorage.setItem(KEPT, chosen);
}

/** What `word` says in the language in use (or `as`), its {places} filled. */
export function say(word: Word, filled: Record<string, string | number> = {}, as: Language = current): string {
  return fill(WORDS[word][as], filled);
}

/** `text` with its {places} filled. */
export function fill(text: string, filled: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (place, name: string) => String(filled[name] ?? place));
}

/** True when `name` is one of the words of the page. */
export function isWord(name: string): name is Word {
  return Object.hasOwn(WORDS, name);
}

/** One of two languages. */
export function inLanguage(words: Words, as: Language = current): string {
  return words[as];
}

/** Put words into every element that names one, and mark the chosen language. */
export function speak(root: ParentNode = document): void {
  document.documentElement.lang = current;
  for (const element of root.querySelectorAll<HTMLElement>("[data-say]")) {
    element.textContent = say(element.dataset["say"] as Word);
  }
  for (const element of root.querySelectorAll<HTMLElement>("[data-label]")) {
    element.setAttribute("aria-label", say(element.dataset["label"] as Word));
  }
  for (const button of root.querySelectorAll<HTMLElement>("[data-language]")) {
    button.setAttribute("aria-pressed", String(button.dataset["language"] === current));
  }
}
