/** Milliseconds between rounds of a task while somebody is there, else, and after a wake-up. */
export interface Pace {
  attended: number;
  idle: number;
  woken: number;
}
export const PACE: Pace = { attended: 1_000, idle: 10_000, woken: 100 };

/** When the rounds of tasks come: in the rhythm of who looks, and at once after something changed. */
export class Pacing {
  readonly #pace: Pace;
  readonly #sleepers = new Set<() => void>();
  #attended = false;
  #wakes = 0;

  constructor(pace: Pace) {
    this.#pace = pace;
  }

  /** Wake-ups until now: what is taken before a round tells {@link rest} whether one came meanwhile. */
  get wakes(): number {
    return this.#wakes;
  }

  /** Somebody looks at the play, or nobody does. */
  set attended(attended: boolean) {
    this.#attended = attended;
  }

  /** Something may have changed: every task that rests is looked at at once. */
  wake(): void {
    this.#wakes++;
    for (const sleeper of this.#sleepers) sleeper();
  }

  /** Waits for the next tick, or for a wake-up since `seen`; a helper's rhythm is always the same. */
  async rest(seen: number, helper: boolean, signal: AbortSignal): Promise<void> {
    await this.#pause(this.#pace.woken, signal);
    if (this.#wakes !== seen && !helper) return;
    const tick = helper || this.#attended ? this.#pace.attended : this.#pace.idle;
    await this.#pause(tick - this.#pace.woken, signal, helper ? undefined : seen);
  }

  #pause(ms: number, signal: AbortSignal, seen?: number): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted || (seen !== undefined && this.#wakes !== seen)) return resolve();
      const done = () => {
        clearTimeout(timer);
        this.#sleepers.delete(done);
        signal.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal.addEventListener("abort", done, { once: true });
      if (seen !== undefined) this.#sleepers.add(done);
    });
  }
}
