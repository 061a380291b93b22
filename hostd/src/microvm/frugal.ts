import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Accelerator } from "./accelerator.ts";
import type { MicrovmArtefacts } from "./artefacts.ts";

/** QEMU's releases that the library knows: their functions are what hand-back.c takes them for. */
const KNOWN = /^7\.2\./;

/** What keeps a QEMU small, and from the memory of others. */
export interface Frugal {
  /**
   * The command before it. QEMU asks for huge pages for what it translates, for each thread's stack
   * and for small memories of the machine: 4 MiB a machine that nothing is in. Under KVM nothing is
   * before it.
   */
  before: string[];
  /**
   * A library that is loaded into it: gives its translated code back on SIGURG (hand-back.c), and opens
   * the memory of a template for reading only (read-memory.c).
   */
  preload?: string;
  /** Whether there is translated code that it gives back. */
  givesBack: boolean;
}

/** How QEMU is kept small on this computer. */
export function frugal({ drive }: MicrovmArtefacts, { kind, qemu }: Accelerator): Frugal {
  const emulates = kind === "tcg";
  const preload = join(drive, "qemu-preload.so");
  const fits = KNOWN.test(qemu) && existsSync(preload);
  return {
    before: emulates ? [join(drive, "agon-guest"), "small-pages"] : [],
    givesBack: emulates && fits,
    ...(fits && { preload }),
  };
}
