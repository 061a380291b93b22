/** Unix ms with fractions. A step of the wall clock after the process began does not move it. */
export function preciseNow(): number {
  return performance.timeOrigin + performance.now();
}
