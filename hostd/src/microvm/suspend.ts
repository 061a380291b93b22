import { mkdirSync } from "node:fs";
import { rename } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { durable, durableFolder } from "./durable.ts";
import { operation } from "./guest-agent.ts";
import type { HeldMachine } from "./held-machine.ts";
import type { LiveCopy } from "./live-copy.ts";
import { checkpointFolder, copySparse, diskFiles } from "./machine-copy.ts";
import type { MachineRecord } from "./machine-record.ts";
import { beginMemory, type CopyPrograms } from "./memory-delta.ts";
import { killProcess, lives } from "./qemu-process.ts";
import { storeState } from "./state-file.ts";

/** Milliseconds that a guest gets to write its files before it stands still. */
const SYNC = 4_000;
/** Milliseconds that a system gets to shut down; without acceleration it takes some seconds. */
const SHUT_DOWN = 45_000;

/** A running machine in this hostd's hand. */
export interface Awake {
  folder: string;
  /** Folder of QEMU's sockets. */
  sockets: string;
  record: MachineRecord;
  held: HeldMachine;
}

const each = async (machines: Awake[], act: (machine: Awake) => Promise<unknown>): Promise<void> =>
  void (await Promise.all(machines.map(act)));

/** A disk that is taken up without its memory then lacks little. A guest that does not answer keeps nobody waiting. */
const written = ({ held }: Awake) => held.agent.run([operation.sync], SYNC).catch(() => undefined);

const writable = ({ record }: Awake): string[] => {
  const [disk, ...drives] = diskFiles(record);
  return [
    disk!,
    ...drives.filter((_, index) => record.shape.drives[index]?.readOnly === undefined),
  ];
};

/** Lets machines go on that stand still; each is tried. @throws the first failure. */
async function goOn(machines: Awake[]): Promise<void> {
  const tried = await Promise.allSettled(machines.map(({ held }) => held.qmp.ask("cont")));
  for (const one of tried) if (one.status === "rejected") throw one.reason;
}

/**
 * Stops machines at the same moment and stores them with their memory, on disk when it returns. They
 * stand still then, and must be ended. When it fails they run on.
 */
export async function storeAll(machines: Awake[]): Promise<void> {
  await each(machines, written);
  try {
    await each(machines, ({ held }) => held.qmp.ask("stop"));
    await each(machines, async (machine) => {
      const { folder, sockets, record, held } = machine;
      const state = join(folder, "state");
      await storeState(held.qmp, sockets, `${state}.new`, record.armed ?? false);
      const files = ["state.new", ...(record.armed ? ["memory"] : []), ...writable(machine)];
      await Promise.all(files.map((name) => durable(join(folder, name))));
      await rename(`${state}.new`, state);
    });
  } catch (error) {
    await goOn(machines);
    throw error;
  }
}

/** Shuts machines down as a learner would; one that does not end is switched off. */
export async function powerOff(machines: Awake[]): Promise<void> {
  await each(machines, async ({ record, held }) => {
    const mark = record.process!;
    await held.agent.run([operation.powerOff], SYNC).catch(() => undefined);
    for (const end = performance.now() + SHUT_DOWN; lives(mark) && performance.now() < end;)
      await pause(50);
    await killProcess(mark);
  });
}

/**
 * Copies running machines into checkpoints, all at the same moment, and lets them go on. What they have
 * in memory is copied before; while they stand still, only what changed meanwhile is.
 * @param stays the checkpoint is kept: its memory is stored as what differs from its template's, and all
 * of it is on disk when this returns. One that becomes another machine's at once is whole, and need not
 * be made so.
 * @param stopped called while none of them runs. @returns milliseconds for which they stood still.
 */
export async function captureAll(
  machines: Awake[],
  checkpoint: string,
  stays: boolean,
  programs: CopyPrograms,
  stopped: () => void,
): Promise<number> {
  using copies = new DisposableStack();
  for (const { folder } of machines)
    mkdirSync(checkpointFolder(folder, checkpoint), { recursive: true, mode: 0o700 });
  await each(machines, async (machine) => {
    await written(machine);
    // What is on disk already need not be written while they stand still.
    await Promise.all(writable(machine).map((name) => durable(join(machine.folder, name))));
  });
  const memories: LiveCopy[] = [];
  for (const { folder, record } of machines) {
    const to = checkpointFolder(folder, checkpoint);
    const template = stays ? record.template : undefined;
    memories.push(copies.use(await beginMemory(programs, folder, to, template)));
  }
  let ms = 0;
  const from = performance.now();
  try {
    await each(machines, ({ held }) => held.qmp.ask("stop"));
    stopped();
    await Promise.all(
      machines.map(async ({ folder, sockets, record, held }, index) => {
        const to = checkpointFolder(folder, checkpoint);
        await Promise.all([
          storeState(held.qmp, sockets, join(to, "state"), true),
          memories[index]!.finish(),
          ...diskFiles(record).map((name) => copySparse(join(folder, name), join(to, name))),
        ]);
      }),
    );
  } finally {
    await goOn(machines);
    ms = Math.round(performance.now() - from);
  }
  await Promise.all(memories.map((memory) => memory.complete()));
  // Before anybody is told of it: after a power loss it is whole, or nobody knows it.
  if (stays)
    for (const { folder } of machines)
      await durableFolder(programs.tools, checkpointFolder(folder, checkpoint));
  return ms;
}
