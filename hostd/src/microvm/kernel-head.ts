import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { writeWhole } from "../disk.ts";
import { shortHash } from "../names.ts";
import { kernelFolder, type MicrovmArtefacts } from "./artefacts.ts";

/** Bytes of a kernel's file that QEMU looks at itself: its header lies in there. */
const HEAD = 65_536;

/**
 * A file in the place of a kernel, for a machine that does not boot: QEMU reads a whole kernel into
 * its memory and keeps it, 14 MiB, though a machine that goes on from a snapshot has its own.
 */
export function kernelHead(artefacts: MicrovmArtefacts, name: string): string {
  const folder = kernelFolder(artefacts, name);
  const file = join(artefacts.templates, `kernel-${shortHash(folder)}.head`);
  if (!existsSync(file))
    // QEMU opens it a second time, by its own rights.
    writeWhole(file, readFileSync(join(folder, "vmlinuz")).subarray(0, HEAD), {
      mark: `-${process.pid}`,
      mode: 0o644,
    });
  return file;
}
