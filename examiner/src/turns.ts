/** Milliseconds after a script in which what it touched may still be told. */
const ECHO = 60;

/** What runs of each task now: rounds of one task never overlap, dry ones included. */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>();
  #running = 0;
  #endedAt = 0;

  /** True while a script of ours runs or ended less than 60 ms ago: what it touches must not wake us. */
  get busy(): boolean {
    return this.#running > 0 || Date.now() - this.#endedAt < ECHO;
  }

  /** Runs work of a task after what runs of it now. */
  async take<T>(task: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(task);
    const mine = (async () => {
      await before;
      this.#running++;
      try {
        return await work();
      } finally {
        this.#running--;
        this.#endedAt = Date.now();
      }
    })();
    const over = mine.catch(() => undefined);
    this.#last.set(task, over);
    try {
      return await mine;
    } finally {
      if (this.#last.get(task) === over) this.#last.delete(task);
    }
  }
}
