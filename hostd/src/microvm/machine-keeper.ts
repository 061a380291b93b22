import { mkdirSync, rmSync } from "node:fs";
import { rename } from "node:fs/promises";
import { join } from "node:path";
import { FREE_FOR_COPIES, freeBytes } from "@agon/daemon/disk-room";
import type { Logger } from "@agon/daemon/log";
import { bootId } from "../boot-id.ts";
import type { MachinePlace } from "../driver.ts";
import { Refusal } from "../refusal.ts";
import type { MicrovmArtefacts } from "./artefacts.ts";
import { durableFiles } from "./durable.ts";
import { HeldMachine } from "./held-machine.ts";
import {
  checkpointFolder,
  copySparse,
  diskFiles,
  linkCheckpoint,
  own,
  partOf,
  pin,
} from "./machine-copy.ts";
import type { MachineRecord, MachineRecords } from "./machine-record.ts";
import { isDelta, MemoryLost, takeMemory, type CopyPrograms } from "./memory-delta.ts";
import { killProcess, lives } from "./qemu-process.ts";
import { Qmp } from "./qmp.ts";
import { renewAwake } from "./renew.ts";
import { captureAll, powerOff, storeAll, type Awake } from "./suspend.ts";
import { keepMemory } from "./template-memory.ts";

/** What QEMU says of a machine that stands still and can go on. */
export const STILL = ["paused", "postmigrate", "prelaunch"];

/** What the driver lends. */
interface Hands {
  log: Logger;
  artefacts: MicrovmArtefacts;
  records: MachineRecords;
  held: Map<string, HeldMachine>;
  folderOf(place: MachinePlace): string;
  sockets(place: MachinePlace): string;
  release(folder: string): void;
  discard(folder: string): Promise<void>;
  identity(place: MachinePlace): Pick<MachineRecord, "play" | "machine" | "uid" | "credential">;
}

/** Suspends, copies and clones the driver's machines. */
export class MachineKeeper {
  readonly #hands: Hands;

  constructor(hands: Hands) {
    this.#hands = hands;
  }

  /** Running machines in this hostd's hand; those that do not run are left out. */
  async #awake(places: MachinePlace[]): Promise<Awake[]> {
    const found: Awake[] = [];
    for (const place of places) {
      const folder = this.#hands.folderOf(place);
      const record = this.#hands.records.read(folder);
      const mark = record?.process;
      if (!mark || !lives(mark)) continue;
      if (record.memory) {
        // Stored already, by a hostd that ended before it ended this process.
        await killProcess(mark);
        continue;
      }
      const sockets = this.#hands.sockets(place);
      let held = this.#hands.held.get(folder);
      if (!held) {
        const qmp = await Qmp.connect(join(sockets, "qmp"), 5_000, () => !lives(mark));
        held = new HeldMachine(sockets, qmp);
        this.#hands.held.set(folder, held);
        const { status } = await qmp.ask<{ status: string }>("query-status");
        if (STILL.includes(status)) await qmp.ask("cont");
      }
      found.push({ folder, sockets, record, held });
    }
    return found;
  }

  /** Stops machines at the same moment and keeps them, with what their disks stand on. */
  async suspend(places: MachinePlace[], memory: boolean): Promise<void> {
    const from = performance.now();
    for (const place of places) {
      const folder = this.#hands.folderOf(place);
      const record = this.#hands.records.read(folder);
      if (record) await pin(partOf(this.#hands.artefacts, folder, record), folder);
    }
    const awake = await this.#awake(places);
    if (memory) {
      await storeAll(awake);
      for (const { folder, record } of awake) {
        record.memory = record.armed ? "file" : "state";
        delete record.memoryBoot;
        this.#hands.records.save(folder, record);
        await killProcess(record.process!);
      }
    } else await powerOff(awake);
    for (const { folder } of awake) this.#hands.release(folder);
    const ms = Math.round(performance.now() - from);
    this.#hands.log.info({ play: places[0]?.play, memory, ms }, "microVMs suspended");
  }

  get #programs(): CopyPrograms {
    const { drive, tools } = this.#hands.artefacts;
    return { whole: join(drive, "copy-live"), delta: join(tools, "memory-delta"), tools };
  }

  /** Copies running machines, all stopped at the same moment. @param stays the copy is kept. @param stopped called while none runs. */
  async capture(
    places: MachinePlace[],
    checkpoint: string,
    stays: boolean,
    stopped: () => void,
  ): Promise<void> {
    const startedAt = performance.now();
    const awake = await this.#awake(places);
    if (awake.length < places.length) throw new Error("a machine does not run");
    if (freeBytes(awake[0]!.folder) < FREE_FOR_COPIES)
      throw new Refusal("full", "the disk of this host is nearly full: no copies are made");
    const pausedMs = await captureAll(awake, checkpoint, stays, this.#programs, stopped);
    // Their clocks stood still, too.
    await Promise.all(awake.map(({ held }) => renewAwake(held, []).catch(() => undefined)));
    const ms = Math.round(performance.now() - startedAt);
    this.#hands.log.info({ play: places[0]!.play, checkpoint, pausedMs, ms }, "microVMs copied");
  }

  /** Makes a machine from a copy of another one; it takes its own identity at its first start. @param keep checkpoints that go along. */
  async clone(
    from: MachinePlace,
    to: MachinePlace,
    checkpoint: string,
    keep: string[],
  ): Promise<void> {
    const source = this.#hands.folderOf(from);
    const record = this.#hands.records.read(source);
    if (!record?.renewed) throw new Error(`machine ${from.machine.name} is not complete yet`);
    const memory = checkpoint ? "file" : record.memory;
    const at = checkpoint ? checkpointFolder(source, checkpoint) : source;
    const delta = memory === "file" && isDelta(at);
    const names = [
      ...diskFiles(record),
      ...(memory ? ["state"] : []),
      ...(memory === "file" && !delta ? ["memory"] : []),
    ];
    const folder = this.#hands.folderOf(to);
    await this.#hands.discard(folder);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    try {
      // A copy that was made for this one alone need not be copied again.
      const moved = checkpoint !== "" && !keep.includes(checkpoint);
      if (delta) await takeMemory(this.#programs, at, record.template, join(folder, "memory"));
      await Promise.all(
        names.map((name) =>
          moved
            ? rename(join(at, name), join(folder, name))
            : copySparse(join(at, name), join(folder, name)),
        ),
      );
      await durableFiles(
        this.#programs.tools,
        diskFiles(record).map((name) => join(folder, name)),
      );
      await pin(partOf(this.#hands.artefacts, source, record), folder);
      for (const one of keep) await linkCheckpoint(source, folder, one);
      // Before the other one, which keeps it as well, can be gone.
      if (keep.some((one) => isDelta(checkpointFolder(folder, one))))
        keepMemory(record.template, folder);
      const { process: _, ...rest } = record;
      const copy: MachineRecord = { ...rest, ...this.#hands.identity(to), copied: true };
      if (memory) {
        copy.memory = memory;
        // It is large, and its machine is about to go on: nobody waits until it is on disk as well.
        copy.memoryBoot = (!checkpoint && record.memoryBoot) || bootId();
      } else delete copy.memory;
      if (memory === "file") own(join(folder, "memory"), copy.uid);
      // Before this nobody knows whose the folder is.
      this.#hands.records.save(folder, copy);
    } catch (error) {
      rmSync(folder, { recursive: true, force: true });
      if (!(error instanceof MemoryLost)) throw error;
      const { play, machine } = from;
      this.#hands.log.error({ err: error, play, checkpoint }, "a checkpoint is lost");
      throw new Refusal(
        "missing",
        `there is no way back to this checkpoint: what the memory of machine ${machine.name} was stored against is gone from this host, or damaged`,
      );
    }
  }
}
