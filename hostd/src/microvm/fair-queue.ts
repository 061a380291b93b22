interface Waiter {
  play: string;
  go: () => void;
}

/** Lets a bounded number of starts run at once; of those who wait, the play served longest ago goes first. */
export class FairQueue {
  readonly #limit: number;
  readonly #waiting: Waiter[] = [];
  readonly #served = new Map<string, number>();
  #running = 0;
  #turn = 0;

  constructor(limit: number) {
    this.#limit = Math.max(1, limit);
  }

  /** Starts that wait now. */
  get length(): number {
    return this.#waiting.length;
  }

  /** Resolves when it is this play's turn; disposing what it gives makes room for the next. */
  async enter(play: string): Promise<Disposable> {
    if (this.#running >= this.#limit)
      await new Promise<void>((go) => this.#waiting.push({ play, go }));
    else this.#running++;
    this.#served.set(play, ++this.#turn);
    let left = false;
    return {
      [Symbol.dispose]: () => {
        if (left) return;
        left = true;
        this.#next();
      },
    };
  }

  #next(): void {
    const turn = ({ play }: Waiter) => this.#served.get(play) ?? 0;
    let best = 0;
    for (const [index, waiter] of this.#waiting.entries())
      if (turn(waiter) < turn(this.#waiting[best]!)) best = index;
    const [next] = this.#waiting.splice(best, 1);
    // The place passes on without being free in between: nobody overtakes.
    if (next) next.go();
    else this.#running--;
    if (this.#running === 0) this.#served.clear();
  }
}
