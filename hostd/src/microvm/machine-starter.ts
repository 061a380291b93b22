import { copyFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Logger } from "@agon/daemon/log";
import type { MachineCgroups } from "../cgroups.ts";
import { bootId } from "../boot-id.ts";
import type { MachinePlace, Tell } from "../driver.ts";
import { machineEntries } from "../machine-files.ts";
import type { PlayNetworks } from "../network.ts";
import type { Accelerator } from "./accelerator.ts";
import type { MicrovmArtefacts } from "./artefacts.ts";
import type { DiskImages } from "./disk-images.ts";
import { mountDrives } from "./drives.ts";
import type { FairQueue } from "./fair-queue.ts";
import { operation, type Operation } from "./guest-agent.ts";
import { handOver } from "./hand-over.ts";
import { HeldMachine } from "./held-machine.ts";
import { launch } from "./launch.ts";
import { copySparse, own, pinAnew } from "./machine-copy.ts";
import { STILL } from "./machine-keeper.ts";
import { limitsOf } from "./machine-limits.ts";
import type { MachineRecord, MachineRecords } from "./machine-record.ts";
import type { PoolMachine } from "./pool.ts";
import type { QemuJail } from "./qemu-jail.ts";
import type { Instance, Shape } from "./qemu-line.ts";
import { killProcess, lives } from "./qemu-process.ts";
import { Qmp } from "./qmp.ts";
import { enlarge, renew, renewAwake, RENEWAL } from "./renew.ts";
import {
  needsBoot,
  putEntries,
  renewCopied,
  renewDisk,
  renewIdentity,
  renewResumed,
} from "./renewal.ts";
import type { Templates } from "./template.ts";

/**
 * Milliseconds until a restored guest must have answered, which takes it less than one tenth of a
 * second alone; after that it is restored anew, and gets as much more at each attempt.
 */
const ANSWER = 8_000;
const RESTORES = 3;
/** How a machine came up, in milliseconds. */
interface Took {
  /** restore, claim or boot. */
  kind: string;
  /** Until QEMU ran it, or it was handed over. */
  restored: number;
  /** Until it answered, its turn in the queue included. */
  answered: number;
  /** The call that gave it its identity. */
  renewal: number;
  startedAt: number;
}

/** Milliseconds since an instant. */
const since = (instant: number): number => Math.round(performance.now() - instant);

/** What the driver lends. */
interface Hands {
  log: Logger;
  artefacts: MicrovmArtefacts;
  records: MachineRecords;
  held: Map<string, HeldMachine>;
  networks: PlayNetworks;
  cgroups: MachineCgroups;
  queue: FairQueue;
  disks: DiskImages;
  /** What needs a test boot first. */
  ready(): Promise<{ templates: Templates; accelerator: Accelerator; jail: QemuJail }>;
  sockets(place: MachinePlace): string;
  release(folder: string): void;
  /** A machine of the pool did not answer. */
  broken(shape: Shape): void;
}

/** Starts the driver's machines. */
export class MachineStarter {
  readonly #hands: Hands;

  constructor(hands: Hands) {
    this.#hands = hands;
  }

  /**
   * Starts a prepared machine in the cheapest way that there is: takes over one of the pool, takes up
   * one that runs, goes on from its memory, boots its disk, or restores its template.
   * @param claim the machine of the pool that was set aside for it.
   */
  async start(
    place: MachinePlace,
    folder: string,
    claim: PoolMachine | undefined,
    tell: Tell,
  ): Promise<void> {
    const record = this.#hands.records.read(folder);
    if (!record) throw new Error("the machine was not prepared");
    const startedAt = performance.now();
    if (claim) {
      const restored = await this.#handOver(place, folder, record, claim);
      if (restored !== undefined) {
        await this.#settle(place, folder, record, {
          kind: "claim",
          restored,
          answered: since(startedAt),
          startedAt,
        });
        return;
      }
    }
    this.#hands.release(folder);
    if (record.process && lives(record.process)) {
      // One that is stored stands still since, and its memory is worth more than its process.
      const awake = record.renewed && !record.memory;
      if (awake && (await this.#adopt(place, folder, record))) return;
      await killProcess(record.process);
    }
    if (record.memory && record.memoryBoot && record.memoryBoot !== bootId()) {
      const { play, machine } = place;
      this.#hands.log.warn({ play, machine: machine.name }, "a memory was lost with the computer");
      delete record.memory;
      this.#hands.records.save(folder, record);
    }
    const { templates } = await this.#hands.ready();
    using _turn = await this.#hands.queue.enter(place.play, (ahead, seconds) =>
      tell(`Waits for its turn to start: ${ahead} before it, about ${seconds} s.`),
    );
    if (record.memory && (await this.#resume(place, folder, record, startedAt))) return;
    if (record.renewed) {
      const restored = await this.#launch(place, folder, record, "boot");
      await this.#hands.held.get(folder)!.agent.ready(templates.bootMs);
      const answered = since(startedAt);
      const copied = record.copied ? [...renewIdentity(place), operation.sshAgain] : [];
      const renewal = await this.#renew(place, folder, record, copied);
      this.#nowItsOwn(folder, record);
      this.#tell(place, { kind: "boot", restored, answered, renewal, startedAt });
      return;
    }
    // Another version of hostd may have prepared it; nothing is on its disk yet.
    record.template = (await templates.get(record.shape)).folder;
    record.base = this.#hands.artefacts.disks[record.shape.image]!;
    record.drive = this.#hands.artefacts.drive;
    const restored = await this.#restore(place, folder, record);
    await this.#settle(place, folder, record, {
      kind: "restore",
      restored,
      answered: since(startedAt),
      startedAt,
    });
  }

  /** Gives a machine that has no identity yet its own, and all that its spec adds. */
  async #settle(
    place: MachinePlace,
    folder: string,
    record: MachineRecord,
    took: Omit<Took, "renewal">,
  ): Promise<void> {
    const files = this.#hands.disks.files(record.shape.image);
    const entries = await machineEntries(place, (path) => files.read(path));
    const fstab = place.machine.drives.length ? await files.read("/etc/fstab") : undefined;
    const grown = await enlarge(place, this.#hands.held.get(folder)!);
    const renewal = await this.#renew(place, folder, record, [
      ...renewDisk(place),
      ...mountDrives(place.machine, fstab),
      ...putEntries(entries),
      ...(grown ? [operation.grow] : []),
    ]);
    record.renewed = true;
    this.#hands.records.save(folder, record);
    if (needsBoot(entries)) {
      await this.#hands.held.get(folder)?.agent.run([operation.sync], RENEWAL);
      this.#hands.release(folder);
      await killProcess(record.process!);
      await this.#launch(place, folder, record, "boot");
      await this.#renew(place, folder, record, []);
    }
    this.#tell(place, { ...took, renewal });
  }

  /** Takes over a machine of the pool. @returns ms until it answered; undefined when it did not, and is gone. */
  async #handOver(
    place: MachinePlace,
    folder: string,
    record: MachineRecord,
    machine: PoolMachine,
  ): Promise<number | undefined> {
    this.#hands.held.set(folder, machine.held);
    try {
      return await handOver(place, machine, {
        cgroups: this.#hands.cgroups,
        networks: this.#hands.networks,
        sockets: this.#hands.sockets(place),
      });
    } catch (error) {
      this.#hands.log.warn({ err: error, play: place.play }, "a machine of the pool is broken");
      this.#hands.broken(record.shape);
      this.#hands.release(folder);
      await killProcess(record.process!);
      return undefined;
    }
  }

  /**
   * Lets a suspended machine go on from its memory.
   * @returns false when that did not work: its disk is as it was, so it can be booted.
   */
  async #resume(
    place: MachinePlace,
    folder: string,
    record: MachineRecord,
    startedAt: number,
  ): Promise<boolean> {
    const credential = Buffer.from(record.credential, "hex");
    for (let attempt = 1; attempt <= RESTORES && record.memory; attempt++) {
      try {
        const restored = await this.#launch(place, folder, record, "resume");
        const held = this.#hands.held.get(folder)!;
        await held.agent.ready(ANSWER);
        const answered = since(startedAt);
        const renewal = await renewAwake(
          held,
          record.copied ? renewCopied(place, credential) : renewResumed(),
        );
        this.#nowItsOwn(folder, record);
        held.connect(place, credential, this.#hands.log);
        rmSync(join(folder, "state"), { force: true });
        this.#tell(place, { kind: "resume", restored, answered, renewal, startedAt });
        return true;
      } catch (error) {
        this.#hands.release(folder);
        if (record.process) await killProcess(record.process);
        const { play, machine } = place;
        this.#hands.log.warn(
          { err: error, play, machine: machine.name, attempt },
          "a suspended machine did not go on from its memory",
        );
      }
    }
    delete record.memory;
    this.#hands.records.save(folder, record);
    return false;
  }

  /** The machine's identity is its own from now on. */
  #nowItsOwn(folder: string, record: MachineRecord): void {
    if (!record.copied) return;
    delete record.copied;
    this.#hands.records.save(folder, record);
  }

  /** Restores the template's snapshot until the guest answers. @returns ms until the machine ran. */
  async #restore(place: MachinePlace, folder: string, record: MachineRecord): Promise<number> {
    pinAnew(this.#hands.artefacts, folder, record);
    for (let attempt = 1; ; attempt++) {
      copyFileSync(join(record.template, "empty.qcow2"), join(folder, "disk.qcow2"));
      const restored = await this.#launch(place, folder, record, "restore");
      const { agent, qmp } = this.#hands.held.get(folder)!;
      try {
        await agent.ready(ANSWER * attempt);
        return restored;
      } catch (error) {
        const console = await qmp
          .ask<string>("ringbuf-read", { device: "console", size: 2_000 })
          .catch(() => "");
        this.#hands.log.warn(
          { err: error, play: place.play, machine: place.machine.name, attempt, console },
          "a restored guest is silent",
        );
        if (attempt >= RESTORES) throw error;
        this.#hands.release(folder);
        await killProcess(record.process!);
      }
    }
  }

  #tell({ play, machine }: MachinePlace, took: Took): void {
    const { startedAt, ...steps } = took;
    const ms = since(startedAt);
    const waiting = this.#hands.queue.length;
    this.#hands.log.info({ play, machine: machine.name, ...steps, ms, waiting }, "microVM started");
  }

  /** Starts QEMU. @returns ms until the machine runs. */
  async #launch(
    place: MachinePlace,
    folder: string,
    record: MachineRecord,
    start: Instance["start"],
  ): Promise<number> {
    const { shape } = record;
    if (record.armed && start !== "resume") {
      const memory = join(folder, "memory");
      rmSync(memory, { force: true });
      if (start === "restore") await copySparse(join(record.template, "memory"), memory);
      else {
        writeFileSync(memory, "");
        truncateSync(memory, shape.memoryMiB * 2 ** 20);
      }
      own(memory, record.uid);
    }
    const { space, taps } = await this.#hands.networks.tap(place, record.uid);
    const { accelerator, jail } = await this.#hands.ready();
    const { held, ms } = await launch(this.#hands.artefacts, accelerator, {
      folder,
      sockets: this.#hands.sockets(place),
      jail,
      space,
      taps,
      start,
      record,
      started: (mark) => {
        record.process = mark;
        this.#hands.records.save(folder, record);
        this.#hands.cgroups.confine(
          place.play,
          place.machine.name,
          mark.pid,
          limitsOf(record.shape),
        );
      },
      taken: () => {
        if (!record.memory) return;
        delete record.memory;
        this.#hands.records.save(folder, record);
      },
    });
    this.#hands.held.set(folder, held);
    return ms;
  }

  /** Gives the running machine its identity, then lets its daemons through. @returns ms of the call. */
  async #renew(
    place: MachinePlace,
    folder: string,
    record: MachineRecord,
    once: Operation[],
  ): Promise<number> {
    const held = this.#hands.held.get(folder)!;
    const credential = Buffer.from(record.credential, "hex");
    const took = await renew(place, held, credential, once);
    held.connect(place, credential, this.#hands.log);
    return took;
  }

  /** Takes up a machine that an earlier hostd started. @returns false when it does not answer. */
  async #adopt(place: MachinePlace, folder: string, record: MachineRecord): Promise<boolean> {
    const sockets = this.#hands.sockets(place);
    const gone = () => !lives(record.process!);
    try {
      const qmp = await Qmp.connect(join(sockets, "qmp"), 5_000, gone);
      const held = new HeldMachine(sockets, qmp);
      this.#hands.held.set(folder, held);
      const { status } = await qmp.ask<{ status: string }>("query-status");
      // Its cables are there; what hostd itself does for its networks is not.
      await this.#hands.networks.ensure(place);
      // hostd ended while it was being copied, or right before it went on.
      if (STILL.includes(status)) await qmp.ask("cont");
      else if (status !== "running") throw new Error(`the machine is ${status}`);
      if (record.copied) {
        const credential = Buffer.from(record.credential, "hex");
        await held.agent.ready(ANSWER);
        await renewAwake(held, renewCopied(place, credential));
        this.#nowItsOwn(folder, record);
        held.connect(place, credential, this.#hands.log);
        return true;
      }
      // A guest that booted while nobody was there has not been told yet.
      await this.#renew(place, folder, record, []);
      return true;
    } catch (error) {
      this.#hands.log.warn({ err: error, play: place.play }, "machine could not be taken up");
      this.#hands.release(folder);
      return false;
    }
  }
}
