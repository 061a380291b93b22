import type { Shape } from "./qemu-line.ts";

/** Bytes that QEMU needs besides the machine's memory: code, translations, buffers, disk cache. */
const OVERHEAD = 320 * 2 ** 20;
/** Threads of one QEMU at most. */
const THREADS = 64;

/** What a machine's QEMU may use. */
export function limitsOf({ memoryMiB, cpus }: Shape): {
  memory: number;
  cpus: number;
  pids: number;
} {
  return { memory: memoryMiB * 2 ** 20 + OVERHEAD, cpus, pids: THREADS };
}
