/** Told to who waits: starts that go before, and the seconds that they are likely to take. */
export type Moved = (ahead: number, seconds: number) => void;

interface Waiter {
  play: string;
  go: () => void;
  moved: Moved;
  told: number;
}

/** Weight of the newest start in what a start usually takes. */
const NEWEST = 0.2;

/** Lets a bounded number of starts run at once; of those who wait, the play served longest ago goes first. */
export class FairQueue {
  readonly #limit: number;
  readonly #waiting: Waiter[] = [];
  readonly #served = new Map<string, number>();
  readonly #quiet: (() => void)[] = [];
  #running = 0;
  #turn = 0;
  /** Milliseconds that a start takes of late; undefined before the first ended. */
  #usual: number | undefined;

  constructor(limit: number) {
    this.#limit = Math.max(1, limit);
  }

  /** Starts that wait now. */
  get length(): number {
    return this.#waiting.length;
  }

  /** Resolves once nothing runs or waits, at once when that is so now. */
  async quiet(): Promise<void> {
    while (this.#running > 0) await new Promise<void>((go) => this.#quiet.push(go));
  }

  /**
   * Resolves when it is this play's turn; disposing what it gives makes room for the next.
   * @param moved called with the place in the queue, now and whenever it changes.
   */
  async enter(play: string, moved: Moved = () => undefined): Promise<Disposable> {
    if (this.#running >= this.#limit)
      await new Promise<void>((go) => {
        this.#waiting.push({ play, go, moved, told: -1 });
        this.#tell();
      });
    else this.#running++;
    this.#served.set(play, ++this.#turn);
    const from = performance.now();
    let left = false;
    return {
      [Symbol.dispose]: () => {
        if (left) return;
        left = true;
        const took = performance.now() - from;
        this.#usual =
          this.#usual === undefined ? took : this.#usual + NEWEST * (took - this.#usual);
        this.#next();
      },
    };
  }

  /** Waiters in the order in which they would go now. */
  #order(): Waiter[] {
    const turn = ({ play }: Waiter) => this.#served.get(play) ?? 0;
    return this.#waiting.toSorted((a, b) => turn(a) - turn(b));
  }

  #tell(): void {
    for (const [index, waiter] of this.#order().entries()) {
      const ahead = index + this.#running;
      if (waiter.told === ahead) continue;
      waiter.told = ahead;
      const rounds = Math.ceil((index + 1) / this.#limit);
      waiter.moved(ahead, Math.ceil((rounds * (this.#usual ?? 1_000)) / 1_000));
    }
  }

  #next(): void {
    const [next] = this.#order();
    // The place passes on without being free in between: nobody overtakes.
    if (next) {
      this.#waiting.splice(this.#waiting.indexOf(next), 1);
      next.go();
      this.#tell();
      return;
    }
    this.#running--;
    if (this.#running > 0) return;
    this.#served.clear();
    for (const go of this.#quiet.splice(0)) go();
  }
}
