/** The answer, full-screen: colour, shape, word, edge; below it what to compare and what the card says. */

import { HEADINGS, sentence } from "../card/index.js";
import type { Answer } from "./checking.js";
import { el, icon } from "./dom.js";
import { facts } from "./facts.js";
import { language, otherLanguage, say } from "./language.js";
import { moment } from "./times.js";

export interface Choices {
  readonly again: () => void;
  /** Ask the holder's phone for a live proof. */
  readonly ask: () => void;
  /** Fetch lists and check the same card again. */
  readonly refresh: () => void;
}

const REFRESHABLE: ReadonlySet<string> = new Set(["status-old", "cannot-check"]);
const CLOCK_OR_FORMAT: ReadonlySet<string> = new Set(["newer-format", "not-yet-valid", "clock-behind"]);

/** Show `answer` in `view`, and let it be read out. */
export function showVerdict(view: HTMLElement, answer: Answer, choices: Choices): void {
  view.dataset["outcome"] = answer.outcome;
  view.dataset["code"] = answer.code;
  view.className = "verdict";
  const heard = heading(answer);
  view.replaceChildren(heard, again(answer, choices));
  if (answer.card) {
    heard.after(el("div", { class: "sheet" }, ...facts(answer.card, choices.ask)));
  }
  view.scrollTop = 0;
  heard.focus();
}

/** The card leaves the screen and the memory of the page. */
export function clearVerdict(view: HTMLElement): void {
  view.replaceChildren();
  delete view.dataset["outcome"];
  delete view.dataset["code"];
}

function heading({ outcome, code, card }: Answer): HTMLElement {
  const [first, second] = [language(), otherLanguage()];
  const words = HEADINGS[outcome];
  const said = sentence(code, card?.verified.statusAgeDays);
  return el(
    "section",
    { class: "answer", role: "alert", tabindex: "-1" },
    icon(outcome),
    el("h2", {}, words[first], " ", el("span", { lang: second }, words[second])),
    el("p", {}, said[first]),
    el("p", { lang: second }, said[second]),
  );
}

function again({ outcome, code, at }: Answer, { again, refresh }: Choices): HTMLElement {
  const mayHelp = REFRESHABLE.has(outcome) && !CLOCK_OR_FORMAT.has(code);
  const clock = CLOCK_OR_FORMAT.has(code) && code !== "newer-format";
  return el(
    "div",
    { class: "again" },
    clock && el("p", { class: "clock" }, `${say("clock")} `, el("b", {}, moment(at))),
    mayHelp && el("button", { type: "button", click: refresh }, icon("turn"), say("refresh-check")),
    el("button", { type: "button", class: "primary", id: "again", click: again }, icon("camera"), say("again")),
  );
}
