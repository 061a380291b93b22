import { setTimeout as pause } from "node:timers/promises";

/** Milliseconds between two looks. */
const PAUSE = 50;

/**
 * Polls until `look` gives something. Tests share two cores with real machines, so the limit is generous.
 * @throws when it does not within `seconds`; the last error of `look` is told, too.
 */
export async function until<T>(
  what: string,
  look: () => T | Promise<T>,
  seconds = 90,
): Promise<Exclude<T, false | undefined | null | "" | 0>> {
  const end = Date.now() + seconds * 1_000;
  let last: unknown;
  for (;;) {
    try {
      last = await look();
      if (last) return last as never;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end)
      throw new Error(`${what}: not within ${seconds} s (last: ${String(last)})`);
    await pause(PAUSE);
  }
}
