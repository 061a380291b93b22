/** Milliseconds: what was used since is not removed, however full the disk is. */
const LATELY = 3_600_000;

/** One thing of a cache that can be made anew. */
export interface Cached {
  bytes: number;
  /** Unix ms. */
  usedAt: number;
  /** Whether something that runs, or is kept, stands on it. */
  inUse(): boolean;
}

/**
 * What a cache gives up, used longest ago first: until it has no more than its bound, and until the
 * disk has the room that it lacks.
 * @param bound.most bytes of the whole cache.
 * @param bound.stays milliseconds from its last use in which the bound takes nothing away.
 * @param bound.lacking bytes that the disk lacks (`lackingBytes`).
 */
export function superfluous<T extends Cached>(
  all: readonly T[],
  bound: { most: number; stays: number; lacking: number },
): T[] {
  let total = all.reduce((sum, { bytes }) => sum + bytes, 0);
  let { lacking } = bound;
  const goes: T[] = [];
  for (const one of all.toSorted((a, b) => a.usedAt - b.usedAt)) {
    const idle = Date.now() - one.usedAt;
    const tooMuch = total > bound.most && idle >= bound.stays;
    const tooFull = lacking > 0 && idle >= LATELY;
    if ((!tooMuch && !tooFull) || one.inUse()) continue;
    goes.push(one);
    total -= one.bytes;
    lacking -= one.bytes;
  }
  return goes;
}
