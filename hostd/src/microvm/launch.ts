import { chmodSync, chownSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { readIfThere } from "../disk.ts";
import type { Accelerator } from "./accelerator.ts";
import { kernelFolder, type MicrovmArtefacts } from "./artefacts.ts";
import { driveFile } from "./drives.ts";
import { HeldMachine } from "./held-machine.ts";
import type { MachineRecord } from "./machine-record.ts";
import { FILES, qemuArguments } from "./qemu-line.ts";
import { killProcess, lives, startQemu, type Inherited, type ProcessMark } from "./qemu-process.ts";
import { Qmp } from "./qmp.ts";

/** Milliseconds until QEMU must have taken in a snapshot, and be there. */
const TAKEN_IN = 30_000;

/** A machine's QEMU that is about to start. */
export interface Launch {
  /** With the disk and the drives. */
  folder: string;
  /** Folder that is made for QEMU's sockets; what it held is removed. */
  sockets: string;
  /** Network namespace with the taps. */
  space: string;
  taps: string[];
  /** From the template's snapshot, or by a boot of the machine's disk. */
  start: "restore" | "boot";
  record: MachineRecord;
  /** Notes the process where the next hostd finds it, and limits it. @throws Error when nobody would. */
  started: (mark: ProcessMark) => void;
}

/**
 * Starts a machine's QEMU.
 * @returns what holds it, and the milliseconds until the machine ran.
 * @throws Error with what QEMU said; its process may run on.
 */
export async function launch(
  artefacts: MicrovmArtefacts,
  accelerator: Accelerator,
  { folder, sockets, space, taps, start, record, started }: Launch,
): Promise<{ held: HeldMachine; ms: number }> {
  const { shape, uid } = record;
  const startedAt = performance.now();
  rmSync(sockets, { recursive: true, force: true });
  mkdirSync(sockets, { recursive: true });
  chmodSync(sockets, 0o700);
  chownSync(sockets, uid, uid);
  const mark = await startQemu({
    args: qemuArguments(accelerator, shape, {
      sockets,
      taps,
      drives: true,
      start,
      keepMemory: false,
    }),
    files: filesOf(artefacts, folder, record, start),
    uid,
    space,
    log: join(folder, "qemu.log"),
  });
  try {
    started(mark);
  } catch (error) {
    // The play was destroyed meanwhile: nobody would find this process.
    await killProcess(mark);
    throw error;
  }
  let held: HeldMachine | undefined;
  let qmp: Qmp | undefined;
  try {
    qmp = await Qmp.connect(join(sockets, "qmp"), TAKEN_IN, () => !lives(mark));
    if (start === "restore") await takeIn(qmp);
    held = new HeldMachine(sockets, qmp);
    if (start === "restore") await qmp.ask("cont");
    return { held, ms: Math.round(performance.now() - startedAt) };
  } catch (error) {
    held?.release();
    qmp?.close();
    const said = readIfThere(join(folder, "qemu.log"))?.trim().slice(-500) ?? "";
    throw new Error(`${(error as Error).message} ${said}`.trim(), { cause: error });
  }
}

/** The files that QEMU inherits. */
function filesOf(
  artefacts: MicrovmArtefacts,
  folder: string,
  { shape, template }: MachineRecord,
  start: Launch["start"],
): Inherited[] {
  const kernel = kernelFolder(artefacts, shape.kernel);
  const files: Inherited[] = [
    { number: FILES.base, path: artefacts.disks[shape.image]! },
    { number: FILES.template, path: join(template, "template.qcow2") },
    { number: FILES.disk, path: join(folder, "disk.qcow2"), write: true },
    { number: FILES.examiner, path: join(artefacts.drive, "examiner.sqfs") },
    { number: FILES.kernel, path: join(kernel, "vmlinuz") },
    { number: FILES.initrd, path: join(kernel, "initrd.gz") },
    ...shape.drives.map(({ readOnly }, index) => ({
      number: FILES.drives + index,
      path: driveFile(folder, index),
      write: readOnly === undefined,
    })),
  ];
  if (start === "restore")
    files.push(
      { number: FILES.memory, path: join(template, "memory") },
      { number: FILES.state, path: join(template, "state") },
    );
  return files;
}

/** Has QEMU take in the device state that it inherited. */
async function takeIn(qmp: Qmp): Promise<void> {
  const capabilities = [{ capability: "x-ignore-shared", state: true }];
  await qmp.ask("migrate-set-capabilities", { capabilities });
  await qmp.ask("migrate-incoming", { uri: `fd:${FILES.state}` });
  for (const end = performance.now() + TAKEN_IN; ;) {
    const { status } = await qmp.ask<{ status: string }>("query-status");
    if (status !== "inmigrate") return;
    if (performance.now() > end) throw new Error("the snapshot was not taken in");
    await pause(3);
  }
}
