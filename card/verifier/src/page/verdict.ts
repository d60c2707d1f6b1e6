/** The answer, full-screen: colour, shape, word, edge; below it what to compare and what the card says. */

import { type Code, HEADINGS, sentence } from "../card/index.js";
import type { Answer } from "./checking.js";
import { el, icon } from "./dom.js";
import { facts, type More } from "./facts.js";
import { language, otherLanguage, say } from "./language.js";
import { moment } from "./times.js";

export interface Choices extends More {
  readonly again: () => void;
  /** Fetch lists and check the same card again. */
  readonly refresh: () => void;
}

const CLOCK: ReadonlySet<Code> = new Set<Code>(["not-yet-valid", "clock-behind", "live-expired"]);
const NOT_IN_LISTS: ReadonlySet<Code> = new Set<Code>([...CLOCK, "newer-format", "live-nonce"]);

/** Show `answer` in `view`, and let it be read out. */
export function showVerdict(view: HTMLElement, answer: Answer, choices: Choices): void {
  view.dataset["outcome"] = answer.outcome;
  view.dataset["code"] = answer.code;
  view.className = "verdict";
  const heard = heading(answer);
  view.replaceChildren(heard, again(answer, choices));
  if (answer.card) {
    heard.after(
      el(
        "div",
        { class: "sheet", role: "region", tabindex: "0", "aria-label": say("sheet") },
        ...facts(answer.card, choices),
      ),
    );
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
  const mayHelp = outcome === "cannot-check" && !NOT_IN_LISTS.has(code);
  return el(
    "div",
    { class: "again" },
    CLOCK.has(code) && el("p", { class: "clock" }, `${say("clock")} `, el("b", {}, moment(at))),
    mayHelp && el("button", { type: "button", click: refresh }, icon("turn"), say("refresh-check")),
    el("button", { type: "button", class: "primary", id: "again", click: again }, icon("camera"), say("again")),
  );
}
