/** Milliseconds between two looks at the clock; a page that is busy or hidden looks less often. */
export const TICK = 500;
/** A wall clock this far ahead means that the page slept: what it did not hear may have been said. */
const SLEPT = 5_000;

/** How long nothing came, in ms, counted only while the page was awake to hear it: a busy page is no lost line. */
export interface Silence {
  /** Something came. `now` in unix ms. */
  heard: (now: number) => void;
  /** Time passed. @returns the silence in ms. */
  tick: (now: number) => number;
}

export function silenceSince(start: number): Silence {
  let heardAt = start;
  let lookedAt = start;
  let awake = 0;
  return {
    heard: (now) => {
      heardAt = lookedAt = now;
      awake = 0;
    },
    tick: (now) => {
      // A late look: messages of that time wait behind it, so it counts as one tick.
      awake += Math.min(Math.max(0, now - lookedAt), TICK);
      lookedAt = now;
      return now - heardAt > SLEPT ? now - heardAt : awake;
    },
  };
}
