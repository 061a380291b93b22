import { chmodSync, chownSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { readIfThere } from "../disk.ts";
import type { Accelerator } from "./accelerator.ts";
import type { MicrovmArtefacts } from "./artefacts.ts";
import { limitDisks } from "./disk-limits.ts";
import { driveFile } from "./drives.ts";
import { frugal } from "./frugal.ts";
import { HeldMachine } from "./held-machine.ts";
import { kernelHead } from "./kernel-head.ts";
import type { MachineRecord } from "./machine-record.ts";
import { partOf } from "./machine-copy.ts";
import type { QemuJail } from "./qemu-jail.ts";
import { FILES, qemuArguments, type Instance } from "./qemu-line.ts";
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
  jail: QemuJail;
  /** Network namespace with the taps. */
  space: string;
  taps: string[];
  /** From the template's snapshot, by a boot of the machine's disk, or from what was stored of it. */
  start: Instance["start"];
  record: MachineRecord;
  /** Notes the process where the next hostd finds it, and limits it. @throws Error when nobody would. */
  started: (mark: ProcessMark) => void;
  /** A snapshot is taken in, and the machine runs next: what was stored of it is worth nothing any more. */
  taken?: () => void;
}

/**
 * Starts a machine's QEMU.
 * @returns what holds it, and the milliseconds until the machine ran.
 * @throws Error with what QEMU said; its process may run on.
 */
export async function launch(
  artefacts: MicrovmArtefacts,
  accelerator: Accelerator,
  { folder, sockets, jail, space, taps, start, record, started, taken }: Launch,
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
      keepMemory: ownMemory(record, start),
    }),
    files: filesOf(artefacts, folder, record, start),
    uid,
    jail,
    space,
    log: join(folder, "qemu.log"),
    frugal: frugal(artefacts, accelerator),
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
    if (start !== "boot") await takeIn(qmp, start === "restore" || record.memory === "file");
    await limitDisks(qmp);
    held = new HeldMachine(sockets, qmp);
    taken?.();
    if (start !== "boot") await qmp.ask("cont");
    return { held, ms: Math.round(performance.now() - startedAt) };
  } catch (error) {
    held?.release();
    qmp?.close();
    const said = readIfThere(join(folder, "qemu.log"))?.trim().slice(-500) ?? "";
    throw new Error(`${(error as Error).message} ${said}`.trim(), { cause: error });
  }
}

/** Whether a machine's memory is a file of its own, which it shares. */
function ownMemory({ armed, memory }: MachineRecord, start: Instance["start"]): boolean {
  return start === "resume" ? memory === "file" : (armed ?? false);
}

/** The files that QEMU inherits. */
function filesOf(
  artefacts: MicrovmArtefacts,
  folder: string,
  record: MachineRecord,
  start: Instance["start"],
): Inherited[] {
  const { shape, template } = record;
  const parts = partOf(artefacts, folder, record);
  const files: Inherited[] = [
    { number: FILES.base, path: parts.base },
    { number: FILES.template, path: parts.template },
    { number: FILES.disk, path: join(folder, "disk.qcow2"), write: true },
    { number: FILES.examiner, path: parts.examiner },
    {
      number: FILES.kernel,
      path: start === "boot" ? join(parts.kernel, "vmlinuz") : kernelHead(artefacts, shape.kernel),
    },
    { number: FILES.initrd, path: join(parts.kernel, "initrd.gz") },
    ...shape.drives.map(({ readOnly }, index) => ({
      number: FILES.drives + index,
      path: driveFile(folder, index),
      write: readOnly === undefined,
    })),
  ];
  if (ownMemory(record, start))
    files.push({ number: FILES.memory, path: join(folder, "memory"), write: true });
  else if (start === "restore")
    files.push({ number: FILES.memory, path: join(template, "memory") });
  if (start !== "boot")
    files.push({
      number: FILES.state,
      path: join(start === "restore" ? template : folder, "state"),
    });
  return files;
}

/** Has QEMU take in the device state that it inherited. */
async function takeIn(qmp: Qmp, shared: boolean): Promise<void> {
  const capabilities = [{ capability: "x-ignore-shared", state: shared }];
  await qmp.ask("migrate-set-capabilities", { capabilities });
  await qmp.ask("migrate-incoming", { uri: `fd:${FILES.state}` });
  for (const end = performance.now() + TAKEN_IN; ;) {
    const { status } = await qmp.ask<{ status: string }>("query-status");
    if (status !== "inmigrate") return;
    if (performance.now() > end) throw new Error("the snapshot was not taken in");
    await pause(3);
  }
}
