/** A warning comes this many milliseconds before the limit, or after two thirds of a short one. */
const WARNING = 5 * 60_000;

/** Notices that nobody does anything in a play, tells when it should stop, and takes that back when somebody comes. */
export class IdleWatch {
  readonly #limit: number;
  readonly #tell: (stopsAt: number) => void;
  #last = Date.now();
  #told: boolean;
  #timer: NodeJS.Timeout | undefined;
  #watching = false;

  /** @param limit milliseconds; 0 = never. @param told a warning of an earlier hostd stands. @param tell unix ms, or 0 = somebody came. */
  constructor(limit: number, told: boolean, tell: (stopsAt: number) => void) {
    this.#limit = limit;
    this.#told = told;
    this.#tell = tell;
  }

  /** From now on time counts. */
  watch(): void {
    if (this.#limit <= 0 || this.#watching) return;
    this.#watching = true;
    this.touch();
    this.#arm();
  }

  #arm(): void {
    const quiet = this.#limit - Math.min(WARNING, this.#limit / 3);
    const left = this.#last + quiet - Date.now();
    this.#timer = setTimeout(
      () => {
        if (Date.now() < this.#last + quiet) return this.#arm();
        this.#told = true;
        this.#tell(this.#last + this.#limit);
      },
      Math.max(left, 10),
    );
  }

  /** Somebody did something. */
  touch(): void {
    this.#last = Date.now();
    if (!this.#told || !this.#watching) return;
    this.#told = false;
    this.#tell(0);
    this.#arm();
  }

  stop(): void {
    this.#watching = false;
    clearTimeout(this.#timer);
  }
}
