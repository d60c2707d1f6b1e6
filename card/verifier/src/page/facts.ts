/** What an accepted card says: first what to compare with the person, then work, certificates, and the card itself. */

import {
  type CardClaims,
  type Certification,
  issuedOn,
  lastDay,
  PROVES,
  type Titles,
  type Verified,
} from "../card/index.js";
import { DETAILS_OUTDATED } from "../card/status.js";
import type { Accepted, Live } from "./checking.js";
import { type Child, el, icon } from "./dom.js";
import { language, otherLanguage, say } from "./language.js";
import { ago, civil, shortly } from "./times.js";
import type { Word } from "./words.js";

/** What more can be had of a card that was accepted. */
export interface More {
  /** Ask the holder's phone for a live proof. */
  readonly ask: () => void;
  /** Scan the code on the card's back. */
  readonly turnOver: () => void;
}

/** The parts of the sheet, in the order in which a guard needs them. */
export function facts(accepted: Accepted, more: More): Child[] {
  const { verified, titles, at, live } = accepted;
  const { claims } = verified;
  return [
    live && answered(live, at),
    compare(accepted, more),
    work(verified, titles),
    certificates(claims, titles, at),
    card(verified, at),
  ];
}

function answered({ issuedAt, asked }: Live, at: number): HTMLElement {
  const seconds = Math.max(0, at - issuedAt);
  return el("p", { class: "live" }, icon("live"), el("span", {}, say(asked ? "live-asked" : "live", { seconds })));
}

function compare({ verified, live, photo }: Accepted, { ask, turnOver }: More): HTMLElement {
  const { claims, proves } = verified;
  const face = compared("face", "face", say(photo ? "face-signed" : "face-card"), "words", photo && thumbnail(photo));
  return section(
    "compare",
    el(
      "ul",
      { class: "compare" },
      photo && face,
      compared("name", "name", claims.name),
      compared("birth", "birth-date", civil(claims.birthDate), "", el("span", { class: "other" }, say(claims.sex))),
      !photo && face,
    ),
    !photo && el("button", { type: "button", click: turnOver }, icon("face"), say("face-scan")),
    claims.holderKey && !live && el("button", { type: "button", click: ask }, icon("live"), say("ask-phone")),
    ...proves.map((name) => el("p", { class: "note" }, PROVES[name][language()])),
  );
}

function thumbnail(photo: string): HTMLElement {
  const picture = el("img", { class: "thumb", src: photo, alt: say("face-alt"), width: "162", height: "216" });
  picture.addEventListener("error", () => picture.replaceWith(el("span", { class: "over" }, say("face-unseen"))));
  return picture;
}

function compared(drawing: string, label: Word, value: string, kind = "", ...more: Child[]): HTMLElement {
  const said = el("span", { class: `value ${kind}` }, value);
  return el("li", {}, icon(drawing), el("div", {}, el("span", { class: "label" }, say(label)), said, ...more));
}

function work({ claims, status }: Verified, titles: Titles): HTMLElement {
  const outdated = status === DETAILS_OUTDATED && el("span", { class: "over" }, ` · ${say("outdated")}`);
  return section(
    "work",
    el(
      "div",
      { class: "facts" },
      fact("standing", say(claims.standing), outdated),
      claims.occupation && fact("occupation", title(titles, claims.occupation), other(titles, claims.occupation)),
      claims.employerName &&
        fact("employer", claims.employerName, claims.employerNib && small(`NIB ${claims.employerNib}`)),
    ),
  );
}

function certificates({ certifications }: CardClaims, titles: Titles, at: number): HTMLElement {
  if (certifications.length === 0) {
    return section("certificates", el("p", {}, say("certificates-none")));
  }
  const today = new Date((at + 7 * 3_600) * 1000).toISOString().slice(0, 10); // Jakarta's
  const shown = certifications.map((each) => certificate(each, titles, today));
  return section("certificates", el("ul", { class: "certificates" }, ...shown));
}

function certificate({ code, expires, standing }: Certification, titles: Titles, today: string): HTMLElement {
  const over = expires !== null && expires < today;
  const until = expires === null ? say("endless") : say(over ? "until-over" : "until", { date: shortly(expires) });
  const known = titles.has(code);
  return el(
    "li",
    {},
    el("span", { class: "value" }, title(titles, code)),
    known && small(code),
    el("span", { class: over ? "over" : "until" }, until),
    el("span", { class: `standing ${standing}` }, icon(standing), say(standing)),
  );
}

function card({ claims, statusAgeDays }: Verified, at: number): HTMLElement {
  const known = statusAgeDays === 0 ? say("today") : ago(at - statusAgeDays * 86_400);
  return section(
    "card",
    el(
      "div",
      { class: "facts two" },
      el("div", { class: "whole" }, fact("number", claims.number)),
      fact("issued", shortly(issuedOn(claims))),
      fact("expires", shortly(lastDay(claims))),
      fact("status-known", known),
    ),
  );
}

function section(heading: Word, ...children: Child[]): HTMLElement {
  return el("section", {}, el("h3", {}, say(heading)), ...children);
}

function fact(label: Word, value: string, ...more: Child[]): HTMLElement {
  return el("div", {}, el("span", { class: "label" }, say(label)), el("span", { class: "value" }, value), ...more);
}

const small = (text: string): HTMLElement => el("span", { class: "other" }, text);
const title = (titles: Titles, code: string): string => titles.get(code)?.[language()] || code;

function other(titles: Titles, code: string): Child {
  const said = titles.get(code)?.[otherLanguage()];
  return (
    Boolean(said) && el("span", { class: "other" }, el("span", { lang: otherLanguage() }, said), ` · KBJI ${code}`)
  );
}
