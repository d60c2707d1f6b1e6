/** The panel that tells what this page does, whom it trusts, what it holds, and what its answers mean. */

import { hex } from "../card/encoding.js";
import { thumbprint } from "../card/es256.js";
import { HEADINGS, type Outcome } from "../card/index.js";
import { el, icon } from "./dom.js";
import { language, say } from "./language.js";
import type { Lists } from "./lists.js";
import { isOn, type Setting, turn } from "./settings.js";
import { day, moment } from "./times.js";

declare const VERSION: string; // set by the build

const OUTCOMES = ["valid", "invalid", "status-old", "cannot-check"] as const;

/** Fill the panel. `forgotten` is called after everything was deleted. */
export async function showAbout(body: HTMLElement, lists: Lists, forgotten: () => void): Promise<void> {
  body.replaceChildren(
    el("p", {}, say("about-what")),
    el("p", {}, say("about-private")),
    el("h3", {}, say("meaning")),
    el("ul", { class: "meaning" }, ...OUTCOMES.map(meaning)),
    ...(await trusted(lists)),
    el("h3", {}, say("settings")),
    switched("vibrate"),
    switched("sound"),
    el("h3", {}, say("version")),
    el("p", { class: "print" }, VERSION),
    el(
      "div",
      { class: "choices" },
      el("button", { type: "button", click: () => void forget(lists, forgotten) }, say("forget")),
    ),
  );
}

function meaning(outcome: Outcome): HTMLElement {
  return el(
    "li",
    {},
    el("span", { class: "verdict", "data-outcome": outcome }, el("span", { class: "chip" }, icon(outcome))),
    el("div", {}, el("b", {}, HEADINGS[outcome][language()]), el("p", {}, say(`meaning-${outcome}`))),
  );
}

async function trusted(lists: Lists): Promise<HTMLElement[]> {
  const { root } = lists;
  const held = await lists.held();
  const parts = [el("h3", {}, say("trust")), line("origin", location.host)];
  if (root) {
    const print =
      hex(await thumbprint(root))
        .match(/.{4}/g)
        ?.join(" ") ?? "";
    parts.push(line("fingerprint", print, "print"), el("p", { class: "note" }, say("fingerprint-note")));
  }
  if (held) {
    const { trust } = held;
    const filled = { made: moment(trust.issuedAt), ends: day(trust.expiresAt), keys: trust.keys.size };
    const oldest = Math.min(...held.status.map((list) => list.issuedAt));
    const size = Math.ceil(held.bytes / 1000);
    const status = { held: held.status.length, all: held.shards, size, made: moment(oldest) };
    parts.push(line("trust-list", say("trust-made", filled)));
    parts.push(line("status-lists", held.status.length ? say("status-held", status) : say("lists-none")));
  }
  return parts;
}

function line(label: "origin" | "fingerprint" | "trust-list" | "status-lists", value: string, kind = ""): HTMLElement {
  return el("p", {}, el("span", { class: "label" }, say(label)), el("span", { class: kind || "value" }, value));
}

function switched(setting: Setting): HTMLElement {
  const box = el("input", { type: "checkbox", checked: isOn(setting) });
  box.addEventListener("change", () => turn(setting, box.checked));
  return el("label", { class: "switch" }, box, say(setting));
}

async function forget(lists: Lists, forgotten: () => void): Promise<void> {
  if (confirm(say("forget-sure"))) {
    await lists.forget();
    forgotten();
  }
}
