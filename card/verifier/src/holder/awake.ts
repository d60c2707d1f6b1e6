/** Keeps the screen on while the card is shown, where the phone lets a page do so. */

let lock: WakeLockSentinel | undefined;

/** Ask for it; a phone that is low on power says no, and the card is shown all the same. */
export async function keepAwake(): Promise<void> {
  try {
    lock = await navigator.wakeLock?.request("screen");
  } catch (error) {
    if (!(error instanceof DOMException)) {
      throw error;
    }
  }
}

export async function letSleep(): Promise<void> {
  await lock?.release();
  lock = undefined;
}
