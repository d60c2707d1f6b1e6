/** A handheld scanner types what it reads, fast, and ends with Enter: taken wherever the focus is. */

const PAUSE = 1_000; // milliseconds without a key, after which another text begins
const PACE = 80; // milliseconds a key, on the whole; people are slower
const SHORTEST = 24; // characters; shorter texts are somebody's fast fingers
const LONGEST = 4_400;

export class Wedge {
  #typed = "";
  #first = 0;
  #last = 0;

  constructor(readonly scanned: (text: string) => void) {}

  listen(): void {
    window.addEventListener("keydown", (event) => this.#key(event), { capture: true });
  }

  #key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) {
      return;
    }
    if (event.key === "Enter") {
      this.#enter(event);
    } else if (event.key.length === 1) {
      const goesOn = event.timeStamp - this.#last < PAUSE;
      this.#first = goesOn ? this.#first : event.timeStamp;
      this.#typed = goesOn ? (this.#typed + event.key).slice(0, LONGEST) : event.key;
      this.#last = event.timeStamp;
      if (this.#isFast() && this.#typed.length > 2 && !isField(event.target)) {
        event.preventDefault(); // a space would press the button that has the focus
      }
    }
  }

  #isFast(): boolean {
    return this.#last - this.#first < PACE * this.#typed.length;
  }

  #enter(event: KeyboardEvent): void {
    const text = this.#typed;
    if (this.#isFast() && text.length >= SHORTEST && event.timeStamp - this.#last < PAUSE) {
      event.preventDefault();
      event.stopPropagation();
      this.scanned(text);
    }
    this.#typed = "";
  }
}

function isField(target: EventTarget | null): boolean {
  return target instanceof HTMLTextAreaElement || (target instanceof HTMLInputElement && target.type === "text");
}
