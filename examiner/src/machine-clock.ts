/** Milliseconds by which the two clocks of a process may differ and still be one. */
const APART = 20;

/**
 * Unix ms by the machine's clock, with fractions where this process has them. A process of a restored machine
 * began in the template, so what it counted from its own beginning on is wrong by all the time in between: then
 * the wall clock, which is set at the restore, counts alone.
 */
export function machineNow(
  counted = performance.timeOrigin + performance.now(),
  wall = Date.now(),
): number {
  return Math.abs(counted - wall) < APART ? counted : wall;
}
