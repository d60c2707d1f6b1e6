/** What the hand and the ear notice: another rhythm for each outcome. */

import type { Outcome } from "../card/index.js";
import { isOn } from "./settings.js";

/** Milliseconds on, off, on, ... */
const RHYTHM: Record<Outcome, number[]> = {
  valid: [70],
  invalid: [350, 120, 350],
  "status-old": [70, 90, 70],
  "cannot-check": [160, 90, 160, 90, 160],
};
const PITCH: Record<Outcome, number> = { valid: 880, invalid: 196, "status-old": 587, "cannot-check": 330 };

export function feel(outcome: Outcome): void {
  if (isOn("vibrate") && navigator.userActivation?.hasBeenActive) {
    navigator.vibrate?.(RHYTHM[outcome]); // before any touch a browser refuses, and complains
  }
  if (isOn("sound")) {
    play(RHYTHM[outcome], PITCH[outcome]);
  }
}

function play(rhythm: readonly number[], pitch: number): void {
  const context = new AudioContext();
  const tone = new OscillatorNode(context, { frequency: pitch, type: "triangle" });
  const volume = new GainNode(context, { gain: 0 });
  tone.connect(volume).connect(context.destination);
  let at = context.currentTime;
  rhythm.forEach((length, place) => {
    volume.gain.setValueAtTime(place % 2 === 0 ? 0.25 : 0, at);
    at += length / 1000;
  });
  volume.gain.setValueAtTime(0, at);
  tone.start();
  tone.stop(at);
  tone.onended = () => void context.close();
}
