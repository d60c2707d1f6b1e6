import type { Code } from "./errors.js";
import { SENTENCES } from "./generated/messages.js";

/** The sentence of a code in both languages; `days` is the age of the status, where the sentence tells it. */
export function sentence(code: Code, days = 0): { id: string; en: string } {
  const { id, en } = SENTENCES[code];
  return { id: id.replace("{days}", String(days)), en: en.replace("{days}", String(days)) };
}
