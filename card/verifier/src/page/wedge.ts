/** A handheld scanner types what it reads, fast, and ends with Enter: taken wherever the focus is. */

const GAP = 60; // milliseconds between two keys of a scanner; people are slower
const SHORTEST = 24; // characters; shorter bursts are somebody's fast fingers
const LONGEST = 4_400;

export class Wedge {
  #typed = "";
  #last = 0;

  constructor(readonly scanned: (text: string) => void) {}

  listen(): void {
    window.addEventListener("keydown", (event) => this.#key(event), { capture: true });
  }

  #key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) {
      return;
    }
    const fast = event.timeStamp - this.#last < GAP;
    if (event.key === "Enter") {
      this.#enter(event, fast);
    } else if (event.key.length === 1) {
      this.#typed = fast ? (this.#typed + event.key).slice(0, LONGEST) : event.key;
      this.#last = event.timeStamp;
      if (fast && !isField(event.target)) {
        event.preventDefault(); // a space would press the button that has the focus
      }
    }
  }

  #enter(event: KeyboardEvent, fast: boolean): void {
    const text = this.#typed;
    this.#typed = "";
    if (fast && text.length >= SHORTEST) {
      event.preventDefault();
      event.stopPropagation();
      this.scanned(text);
    }
  }
}

function isField(target: EventTarget | null): boolean {
  return target instanceof HTMLTextAreaElement || (target instanceof HTMLInputElement && target.type === "text");
}
