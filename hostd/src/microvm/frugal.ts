import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Accelerator } from "./accelerator.ts";
import type { MicrovmArtefacts } from "./artefacts.ts";

/** QEMU's releases that the library knows: their functions are what hand-back.c takes them for. */
const KNOWN = /^7\.2\./;

/** What keeps an emulating QEMU small. */
export interface Frugal {
  /**
   * The command before it. QEMU asks for huge pages for what it translates, for each thread's stack
   * and for small memories of the machine: 4 MiB a machine that nothing is in.
   */
  before: string[];
  /**
   * A library that is loaded into it: gives its translated code back on SIGURG (hand-back.c), and opens
   * the memory of a template for reading only (read-memory.c).
   */
  preload?: string;
}

/** How QEMU is kept small on this computer. */
export function frugal({ drive }: MicrovmArtefacts, { kind, qemu }: Accelerator): Frugal {
  if (kind !== "tcg") return { before: [] };
  const preload = join(drive, "qemu-preload.so");
  return {
    before: [join(drive, "agon-guest"), "small-pages"],
    ...(KNOWN.test(qemu) && existsSync(preload) && { preload }),
  };
}
