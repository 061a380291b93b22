/** Milliseconds that a play stays attended after the last terminal closed. */
const ATTENDED = 60_000;

/** Whether somebody looks at a play: machines look at their tasks more often then. */
export class Attendance {
  readonly #always: boolean;
  readonly #there: () => boolean;
  readonly #changed: (attended: boolean) => void;
  #attended: boolean;
  #lastThere = 0;
  #stopped = false;
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param always it counts as attended from the beginning to the end.
   * @param there a terminal is open now.
   * @param changed is called with each change.
   */
  constructor(always: boolean, there: () => boolean, changed: (attended: boolean) => void) {
    this.#always = always;
    this.#attended = always;
    this.#there = there;
    this.#changed = changed;
  }

  get attended(): boolean {
    return this.#attended;
  }

  /** Somebody came or left. */
  look(): void {
    const now = performance.now();
    const there = this.#there();
    if (there) this.#lastThere = now;
    clearTimeout(this.#timer);
    const left = ATTENDED - (now - this.#lastThere);
    const attended = this.#always || there || (this.#lastThere > 0 && left > 0);
    if (attended && !there && !this.#always && !this.#stopped)
      this.#timer = setTimeout(() => this.look(), left + 10);
    if (attended === this.#attended) return;
    this.#attended = attended;
    this.#changed(attended);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }
}
