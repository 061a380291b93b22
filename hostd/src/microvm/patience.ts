import { availableParallelism, loadavg } from "node:os";

/** How much longer than usual a boot may take: more on a busy computer. */
export function patience(): number {
  return Math.max(1, loadavg()[0]! / availableParallelism());
}
