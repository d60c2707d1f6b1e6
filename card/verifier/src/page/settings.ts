/** Two switches, remembered on the device. */

export type Setting = "vibrate" | "sound";

const name = (setting: Setting): string => `kets-${setting}`;

/** Vibration is on unless turned off, sound off unless turned on. */
export function isOn(setting: Setting): boolean {
  return (
    localStorage.getItem(name(setting)) === "on" || (setting === "vibrate" && !localStorage.getItem(name(setting)))
  );
}

export function turn(setting: Setting, on: boolean): void {
  localStorage.setItem(name(setting), on ? "on" : "off");
}
