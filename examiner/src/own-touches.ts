/** Milliseconds in which a path that changes again after its own wake-up is suspected. */
const AGAIN = 1_500;
/** Suspicions one after the other that make a path the checks' own, and for how long. */
const STRIKES = 3;
const KEPT = 30_000;
/** Events of one change come together. */
const TOGETHER = 50;

interface Known {
  /** Last change, and last change that woke. */
  touchedAt: number;
  wokeAt: number;
  strikes: number;
  ownUntil: number;
}

/**
 * Tells changes that checks make themselves (a check that writes its hint into a file) from those
 * of a learner. While checks run both look the same, so: a path that changes in each round that its
 * own change caused, three times in a row, is the checks' own for half a minute.
 */
export class OwnTouches {
  readonly #known = new Map<string, Known>();

  /**
   * A watched path changed.
   * @param busy whether a check runs, or did a moment ago
   * @returns whether the checks have to look
   */
  touched(path: string, busy: boolean, now = performance.now()): boolean {
    const known = this.#known.get(path) ?? {
      touchedAt: Number.NEGATIVE_INFINITY,
      wokeAt: Number.NEGATIVE_INFINITY,
      strikes: 0,
      ownUntil: 0,
    };
    this.#known.set(path, known);
    const same = now - known.touchedAt < TOGETHER;
    known.touchedAt = now;
    if (busy && now < known.ownUntil) return false;
    if (!same) known.strikes = busy && now - known.wokeAt < AGAIN ? known.strikes + 1 : 0;
    if (known.strikes >= STRIKES) {
      known.strikes = 0;
      known.ownUntil = now + KEPT;
      return false;
    }
    known.wokeAt = now;
    return true;
  }
}
