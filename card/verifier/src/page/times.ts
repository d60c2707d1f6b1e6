/** Dates and ages as people say them. */

import { language } from "./language.js";

const DAY = 86_400;
const STEPS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", DAY],
  ["hour", 3_600],
  ["minute", 60],
];

/** This device's time, Unix seconds. */
export function now(): number {
  return Math.floor(Date.now() / 1000);
}

/** `7 Mei 1991`, of a civil date `YYYY-MM-DD`. */
export function civil(date: string): string {
  return shown(new Date(`${date}T00:00:00Z`), { dateStyle: "long", timeZone: "UTC" });
}

/** `22 Nov 2026`, where there is less room. */
export function shortly(date: string): string {
  return shown(new Date(`${date}T00:00:00Z`), { dateStyle: "medium", timeZone: "UTC" });
}

/** The civil date in Jakarta of Unix seconds, as people write it. */
export function day(seconds: number): string {
  return shown(new Date(seconds * 1000), { dateStyle: "long", timeZone: "Asia/Jakarta" });
}

/** Date and time by this device's zone. */
export function moment(seconds: number): string {
  return shown(new Date(seconds * 1000), { dateStyle: "medium", timeStyle: "short" });
}

/** `2 jam yang lalu`. */
export function ago(seconds: number): string {
  const age = Math.max(0, now() - seconds);
  const said = new Intl.RelativeTimeFormat(language(), { numeric: "auto" });
  for (const [unit, length] of STEPS) {
    if (age >= length) {
      return said.format(-Math.floor(age / length), unit);
    }
  }
  return said.format(0, "minute") && (language() === "id" ? "baru saja" : "just now");
}

function shown(date: Date, options: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat(language() === "id" ? "id-ID" : "en-GB", options).format(date);
}
