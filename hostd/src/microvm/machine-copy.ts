import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  rmSync,
} from "node:fs";
import { rename } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { driveFile } from "./drives.ts";
import type { MachineRecord } from "./machine-record.ts";
import { kernelFolder, type MicrovmArtefacts } from "./artefacts.ts";
import { markUsed } from "./used-by.ts";

/** Copies a file; what is empty in it stays so. */
export async function copySparse(from: string, to: string): Promise<void> {
  await execa("cp", ["--reflink=auto", "--sparse=auto", from, to]);
}

/** Gives a memory file to the machine's QEMU: it opens it a second time, by its own rights. */
export function own(memory: string, uid: number): void {
  chownSync(memory, uid, uid);
  chmodSync(memory, 0o600);
}

/** Names in a machine's folder of what its disk stands on. */
export const PINNED = { base: "base.raw", template: "template.qcow2", examiner: "examiner.sqfs" };

/**
 * Keeps what a machine's disk and memory stand on, as long as the machine: templates and images are
 * made anew and go after a while. Links, which take no room; on another file system the small ones are copied.
 */
export async function pin(
  { base, template, examiner }: ReturnType<typeof partOf>,
  folder: string,
): Promise<void> {
  for (const [from, name] of [
    [base, PINNED.base],
    [template, PINNED.template],
    [examiner, PINNED.examiner],
  ] as const) {
    const to = join(folder, name);
    if (existsSync(to)) continue;
    try {
      linkSync(from, to);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EXDEV") throw error;
      if (name === PINNED.base) continue;
      await copySparse(from, `${to}.new`);
      await rename(`${to}.new`, to);
    }
  }
}

/**
 * The same for a machine that is about to be restored from its template, whatever it stood on before.
 * It must not take time: on another file system the template is kept instead.
 */
export function pinAnew(artefacts: MicrovmArtefacts, folder: string, record: MachineRecord): void {
  for (const name of Object.values(PINNED)) rmSync(join(folder, name), { force: true });
  const { base, template, examiner } = partOf(artefacts, folder, record);
  try {
    linkSync(template, join(folder, PINNED.template));
    linkSync(examiner, join(folder, PINNED.examiner));
    linkSync(base, join(folder, PINNED.base));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EXDEV") throw error;
    markUsed(record.template, folder);
  }
}

/** Where a part of a machine lies: pinned in its folder, or where it was made. */
export function partOf(
  artefacts: MicrovmArtefacts,
  folder: string,
  { shape, template, base, drive }: MachineRecord,
): { base: string; template: string; examiner: string; kernel: string } {
  const pinned = (name: string, other: string) =>
    existsSync(join(folder, name)) ? join(folder, name) : other;
  return {
    base: pinned(PINNED.base, base ?? artefacts.disks[shape.image]!),
    template: pinned(PINNED.template, join(template, "template.qcow2")),
    examiner: pinned(PINNED.examiner, join(drive ?? artefacts.drive, "examiner.sqfs")),
    kernel: kernelFolder(artefacts, shape.kernel),
  };
}

/** Names of the files that hold a machine's disk and drives. */
export function diskFiles({ shape }: MachineRecord): string[] {
  return ["disk.qcow2", ...shape.drives.map((_, index) => driveFile("", index))];
}

/** Folder of a checkpoint of a machine. */
export function checkpointFolder(folder: string, checkpoint: string): string {
  return join(folder, "checkpoints", checkpoint);
}

/** Removes all checkpoints of a machine but these. */
export function keepOnly(folder: string, checkpoints: string[]): void {
  const all = join(folder, "checkpoints");
  for (const name of existsSync(all) ? readdirSync(all) : [])
    if (!checkpoints.includes(name)) rmSync(join(all, name), { recursive: true, force: true });
}

/** Links a checkpoint of one machine to another one: nobody writes to its files. */
export async function linkCheckpoint(from: string, to: string, checkpoint: string): Promise<void> {
  const target = checkpointFolder(to, checkpoint);
  rmSync(target, { recursive: true, force: true });
  mkdirSync(join(to, "checkpoints"), { recursive: true, mode: 0o700 });
  await execa("cp", ["-al", checkpointFolder(from, checkpoint), target]);
}
