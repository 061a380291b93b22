import { randomBytes } from "node:crypto";
import { copyFileSync, mkdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Logger } from "@agon/daemon/log";
import { MachineSpec } from "@agon/protocol/host";
import type { MachineCgroups } from "../cgroups.ts";
import type { Driver, MachinePlace, MachineUsage, OpenShell, Tell } from "../driver.ts";
import { machineEntries } from "../machine-files.ts";
import { hostPrefix, shortHash } from "../names.ts";
import type { PlayNetworks } from "../network.ts";
import type { ImageStore } from "../oci/image-store.ts";
import { isReference } from "../oci/reference.ts";
import { findAccelerator, type Accelerator } from "./accelerator.ts";
import type { MicrovmArtefacts } from "./artefacts.ts";
import { DiskImages } from "./disk-images.ts";
import { driveFile, makeDrive, mountDrives } from "./drives.ts";
import { FairQueue } from "./fair-queue.ts";
import { operation, type Operation } from "./guest-agent.ts";
import { frugal } from "./frugal.ts";
import { handOver } from "./hand-over.ts";
import { HeldMachine } from "./held-machine.ts";
import { IdleCode } from "./idle-code.ts";
import { launch } from "./launch.ts";
import { lookOf, type Look } from "./look.ts";
import { copySparse, keepOnly, own } from "./machine-copy.ts";
import { limitsOf } from "./machine-limits.ts";
import { MachineKeeper, STILL } from "./machine-keeper.ts";
import { MachineRecords, type MachineRecord } from "./machine-record.ts";
import { MicrovmPool } from "./microvm-pool.ts";
import type { Asked, PoolFigures, PoolMachine } from "./pool.ts";
import type { PoolPolicy } from "./pool-demand.ts";
import { reapPool } from "./pool-maker.ts";
import { QemuJail } from "./qemu-jail.ts";
import { SLOTS, type Instance, type Shape } from "./qemu-line.ts";
import { killProcess, lives, qemusOf } from "./qemu-process.ts";
import { qemuUsage } from "./qemu-usage.ts";
import { uidOf } from "./qemu-user.ts";
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
import { shapeOf } from "./shape-of.ts";
import { COLD_BOOT, coldBootOf, Templates } from "./template.ts";

/** Folder of machines that wait, beside that of machines of plays: a rename leads from one to the other. */
const POOL_FOLDER = "microvm-pool";
/**
 * Milliseconds until a restored guest must have answered, which takes it less than one tenth of a
 * second alone; after that it is restored anew, and gets as much more at each attempt.
 */
const ANSWER = 8_000;
const RESTORES = 3;
/** Milliseconds between looks at whether the computer is still busy. */
const LOOK = 5_000;
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

/** Machines as virtual ones under QEMU, each a copy-on-write clone of a snapshot. */
export class MicrovmDriver implements Driver {
  readonly backend = "microvm";
  readonly #log: Logger;
  readonly #artefacts: MicrovmArtefacts;
  readonly #records: MachineRecords;
  readonly #runFolder: string;
  readonly #prefix: string;
  readonly #networks: PlayNetworks;
  readonly #cgroups: MachineCgroups;
  readonly #queue = new FairQueue(cpus().length);
  readonly #held = new Map<string, HeldMachine>();
  readonly #disks: DiskImages;
  readonly #store: ImageStore;
  readonly #keeper: MachineKeeper;
  #idleCode: IdleCode | undefined;
  readonly #options: ConstructorParameters<typeof MicrovmDriver>[1];
  #templates: Promise<Templates> | undefined;
  #pool: MicrovmPool | undefined;
  #closed = false;
  /** How often the host was told what to expect: only the newest counts. */
  #expected = 0;

  /** @param options.folder for disks of machines. @param options.runFolder short folder for sockets. */
  constructor(
    log: Logger,
    options: {
      arena: string;
      host: string;
      artefacts: MicrovmArtefacts;
      store: ImageStore;
      networks: PlayNetworks;
      cgroups: MachineCgroups;
      folder: string;
      runFolder: string;
      pool: PoolPolicy;
      /** Whether this host takes plays. */
      open: () => boolean;
    },
  ) {
    this.#log = log;
    this.#options = options;
    this.#artefacts = options.artefacts;
    this.#records = new MachineRecords(join(options.folder, "microvms"));
    this.#runFolder = options.runFolder;
    this.#prefix = hostPrefix(options.arena, options.host);
    this.#networks = options.networks;
    this.#cgroups = options.cgroups;
    mkdirSync(this.#runFolder, { recursive: true, mode: 0o711 });
    this.#store = options.store;
    this.#disks = new DiskImages(options.artefacts, log);
    this.#keeper = new MachineKeeper({
      log,
      artefacts: this.#artefacts,
      records: this.#records,
      held: this.#held,
      folderOf: (place) => this.#place(place),
      sockets: (place) => this.#sockets(place),
      release: (folder) => this.#release(folder),
      discard: (folder) => this.#discard(folder),
      identity: (place) => this.#identity(place),
    });
  }

  get images(): string[] {
    return this.#disks.own;
  }

  get kernels(): string[] {
    return Object.keys(this.#artefacts.kernels);
  }

  /**
   * Finds the accelerator and fills the pools.
   * @param told called with the accelerator as soon as it is known.
   */
  async warmUp(told: (accelerator: Accelerator) => void): Promise<void> {
    const templates = await this.#ready();
    told(this.#accelerator!);
    const { pool, folder, networks, cgroups, open } = this.#options;
    if (pool.most > 0)
      this.#pool = new MicrovmPool(pool, templates, this.#queue, open, {
        artefacts: this.#artefacts,
        accelerator: this.#accelerator!,
        networks,
        cgroups,
        jail: this.#jail!,
        folder: join(folder, POOL_FOLDER),
        runFolder: this.#runFolder,
        prefix: this.#prefix,
        dress: (look, image) => this.#dress(look, image),
        log: this.#log,
      });
  }

  /** What a shell of a machine reads when it begins, before anything else of the machine is known. */
  async #dress({ name, user, users }: Look, image: string): Promise<Operation[]> {
    const machine = MachineSpec.fromPartial({ name, users, defaultUser: user });
    const files = this.#disks.files(image);
    const place = { machine, peers: undefined, registry: undefined };
    const entries = await machineEntries(place, (path) => files.read(path));
    return [operation.hostname(name), ...putEntries(entries)];
  }

  /** Machines that people are likely to ask for: their templates are made, and some are kept waiting. */
  async expect(machines: MachineSpec[]): Promise<void> {
    const fitting = machines.filter(
      (machine) => this.images.includes(machine.image) && this.lacks(machine) === undefined,
    );
    await this.#warm(
      fitting.map((machine) => ({ shape: this.#shape(machine), look: lookOf(machine) })),
      ++this.#expected,
    );
  }

  /** Makes the templates of machines, one after the other and only while no learner waits. */
  async #warm(machines: Asked[], round: number): Promise<void> {
    if (this.#options.pool.most === 0) return;
    // Told anew, or hostd ends.
    const over = () => this.#closed || round !== this.#expected;
    const templates = await this.#ready();
    const there: Asked[] = [];
    for (const machine of machines) {
      const { shape } = machine;
      // A busy computer has more urgent things to do than what nobody asked for yet.
      while (!templates.find(shape) && !over()) {
        await this.#queue.quiet();
        if (loadavg()[0]! < this.#options.pool.load * cpus().length) break;
        await pause(LOOK, undefined, { ref: false });
      }
      if (over()) return;
      try {
        await templates.get(shape);
        there.push(machine);
        this.#pool?.keep(there);
      } catch (error) {
        this.#log.error({ err: error, shape }, "a template could not be made");
      }
    }
  }

  #ready(): Promise<Templates> {
    this.#templates ??= (async () => {
      mkdirSync(this.#artefacts.templates, { recursive: true, mode: 0o700 });
      const accelerator = await findAccelerator(this.#artefacts);
      this.#accelerator = accelerator;
      this.#jail ??= await QemuJail.make(this.#runFolder);
      if (frugal(this.#artefacts, accelerator).preload)
        this.#idleCode ??= new IdleCode(() =>
          [...this.#held.keys()].flatMap((folder) => this.#records.read(folder)?.process ?? []),
        );
      return new Templates(this.#artefacts, accelerator, this.#runFolder, this.#jail, this.#log);
    })().catch((error: unknown) => {
      // Asked for again by the next machine.
      this.#templates = undefined;
      throw error;
    });
    return this.#templates;
  }
  #accelerator: Accelerator | undefined;
  #jail: QemuJail | undefined;

  #place({ play, machine }: MachinePlace): string {
    return this.#records.folderOf(play, machine.name);
  }

  lacks({ kernel, drives, rootPosition, interfaces }: MachineSpec): string | undefined {
    const { kernels } = this;
    if (kernel && !kernels.includes(kernel))
      return `this host has no kernel ${kernel}; it has: ${kernels.join(", ")}`;
    if (drives.length + 1 + interfaces.length > SLOTS)
      return `drives and interfaces: at most ${SLOTS} together`;
    if (rootPosition < 0 || rootPosition > drives.length)
      return "the root drive has no place among the drives";
    return undefined;
  }

  #shape(machine: MachineSpec): Shape {
    return shapeOf(machine, Object.keys(this.#artefacts.kernels)[0]!);
  }

  reserve(places: MachinePlace[]): void {
    // Made while the machines are; who needs them and finds them broken tells it.
    for (const place of places) this.#networks.prepare(place).catch(() => undefined);
    // Armed ones have their memory in a file of their own, and are restored into it. Images of
    // registries are asked for first.
    const wanted = places.filter(
      ({ machine, armed }) => !armed && this.images.includes(machine.image),
    );
    this.#pool?.take(
      wanted.map((place) => ({
        play: place.play,
        folder: this.#place(place),
        shape: this.#shape(place.machine),
        look: lookOf(place.machine),
      })),
    );
  }

  waitingShell(place: MachinePlace): { shell: OpenShell; fits: boolean } | undefined {
    return this.#pool?.shell(this.#place(place));
  }

  /** Name of the disk that a machine, or a drive of it, begins with. */
  async #image(image: string, place: MachinePlace, tell: Tell): Promise<string> {
    if (isReference(image)) {
      const pulled = await this.#store.take(image, place.credentials, tell);
      return this.#disks.of(pulled, this.#store, this.#place(place), tell);
    }
    if (this.images.includes(image)) return image;
    throw new Error(
      `this host has no disk of ${image} for microVMs; it has: ${this.images.join(", ") || "none"}`,
    );
  }

  async prepare(place: MachinePlace, tell: Tell): Promise<void> {
    const image = await this.#image(place.machine.image, place, tell);
    const machine = { ...place.machine, image };
    const folder = this.#place(place);
    await this.#discard(folder);
    const taken = this.#pool?.moveTo(folder);
    if (taken) {
      const own = { ...this.#identity(place), uid: taken.uid };
      this.#records.save(folder, { ...taken, ...own, ...this.#madeOf(machine) });
      return;
    }
    const shape = this.#shape(machine);
    const templates = await this.#ready();
    if (!templates.find(shape)) tell(templates.progress(shape));
    const { folder: template } = await templates.get(shape);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const record: MachineRecord = {
      ...this.#identity(place),
      template,
      shape,
      ...this.#madeOf(machine),
      armed: place.armed,
      renewed: false,
    };
    copyFileSync(join(template, "empty.qcow2"), join(folder, "disk.qcow2"));
    for (const [index, drive] of machine.drives.entries()) {
      const source = drive.source && (await this.#image(drive.source, place, tell));
      const disk = source ? this.#artefacts.disks[source] : undefined;
      if (disk) tell(`copying ${drive.source} to a drive`);
      await makeDrive(driveFile(folder, index), drive, disk);
    }
    this.#records.save(folder, record);
  }

  /** What a machine's disk and memory stand on, besides its template: another hostd may have newer ones. */
  #madeOf({ image }: MachineSpec): { base: string; drive: string } {
    return { base: this.#artefacts.disks[image]!, drive: this.#artefacts.drive };
  }

  /** What no two machines share. */
  #identity({ play, machine: { name: machine } }: MachinePlace) {
    const name = shortHash(`${this.#prefix}/${play}/${machine}`);
    return { play, machine, uid: uidOf(name), credential: randomBytes(32).toString("hex") };
  }

  async start(place: MachinePlace, tell: Tell): Promise<void> {
    const folder = this.#place(place);
    const record = this.#records.read(folder);
    if (!record) throw new Error("the machine was not prepared");
    const startedAt = performance.now();
    const taken = this.#pool?.claim(folder);
    if (taken) {
      const restored = await this.#handOver(place, folder, record, taken);
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
    this.#release(folder);
    if (record.process && lives(record.process)) {
      // One that is stored stands still since, and its memory is worth more than its process.
      const awake = record.renewed && !record.memory;
      if (awake && (await this.#adopt(place, folder, record))) return;
      await killProcess(record.process);
    }
    const templates = await this.#ready();
    using _turn = await this.#queue.enter(place.play, (ahead, seconds) =>
      tell(`Waits for its turn to start: ${ahead} before it, about ${seconds} s.`),
    );
    if (record.memory && (await this.#resume(place, folder, record, startedAt))) return;
    if (record.renewed) {
      const restored = await this.#launch(place, folder, record, "boot");
      await this.#held.get(folder)!.agent.ready(COLD_BOOT);
      const answered = since(startedAt);
      const copied = record.copied ? [...renewIdentity(place), operation.sshAgain] : [];
      const renewal = await this.#renew(place, folder, record, copied);
      this.#nowItsOwn(folder, record);
      this.#tell(place, { kind: "boot", restored, answered, renewal, startedAt });
      return;
    }
    // Another version of hostd may have prepared it; nothing is on its disk yet.
    record.template = (await templates.get(record.shape)).folder;
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
    const files = this.#disks.files(record.shape.image);
    const entries = await machineEntries(place, (path) => files.read(path));
    const fstab = place.machine.drives.length ? await files.read("/etc/fstab") : undefined;
    const grown = await enlarge(place, this.#held.get(folder)!);
    const renewal = await this.#renew(place, folder, record, [
      ...renewDisk(place),
      ...mountDrives(place.machine, fstab),
      ...putEntries(entries),
      ...(grown ? [operation.grow] : []),
    ]);
    record.renewed = true;
    this.#records.save(folder, record);
    if (needsBoot(entries)) {
      await this.#held.get(folder)?.agent.run([operation.sync], RENEWAL);
      this.#release(folder);
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
    this.#held.set(folder, machine.held);
    try {
      return await handOver(place, machine, {
        cgroups: this.#cgroups,
        networks: this.#networks,
        sockets: this.#sockets(place),
      });
    } catch (error) {
      this.#log.warn({ err: error, play: place.play }, "a machine of the pool is broken");
      this.#pool?.broken(record.shape);
      this.#release(folder);
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
        const held = this.#held.get(folder)!;
        await held.agent.ready(ANSWER);
        const answered = since(startedAt);
        const renewal = await renewAwake(
          held,
          record.copied ? renewCopied(place, credential) : renewResumed(),
        );
        this.#nowItsOwn(folder, record);
        held.connect(place, credential, this.#log);
        rmSync(join(folder, "state"), { force: true });
        this.#tell(place, { kind: "resume", restored, answered, renewal, startedAt });
        return true;
      } catch (error) {
        this.#release(folder);
        if (record.process) await killProcess(record.process);
        const { play, machine } = place;
        this.#log.warn(
          { err: error, play, machine: machine.name, attempt },
          "a suspended machine did not go on from its memory",
        );
      }
    }
    delete record.memory;
    this.#records.save(folder, record);
    return false;
  }

  /** The machine's identity is its own from now on. */
  #nowItsOwn(folder: string, record: MachineRecord): void {
    if (!record.copied) return;
    delete record.copied;
    this.#records.save(folder, record);
  }

  /** Restores the template's snapshot until the guest answers. @returns ms until the machine ran. */
  async #restore(place: MachinePlace, folder: string, record: MachineRecord): Promise<number> {
    for (let attempt = 1; ; attempt++) {
      copyFileSync(join(record.template, "empty.qcow2"), join(folder, "disk.qcow2"));
      const restored = await this.#launch(place, folder, record, "restore");
      const { agent, qmp } = this.#held.get(folder)!;
      try {
        await agent.ready(ANSWER * attempt);
        return restored;
      } catch (error) {
        const console = await qmp
          .ask<string>("ringbuf-read", { device: "console", size: 2_000 })
          .catch(() => "");
        this.#log.warn(
          { err: error, play: place.play, machine: place.machine.name, attempt, console },
          "a restored guest is silent",
        );
        if (attempt >= RESTORES) throw error;
        this.#release(folder);
        await killProcess(record.process!);
      }
    }
  }

  #tell({ play, machine }: MachinePlace, took: Took): void {
    const { startedAt, ...steps } = took;
    const ms = since(startedAt);
    const waiting = this.#queue.length;
    this.#log.info({ play, machine: machine.name, ...steps, ms, waiting }, "microVM started");
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
    const { space, taps } = await this.#networks.tap(place, record.uid);
    const { held, ms } = await launch(this.#artefacts, this.#accelerator!, {
      folder,
      sockets: this.#sockets(place),
      jail: this.#jail!,
      space,
      taps,
      start,
      record,
      started: (mark) => {
        record.process = mark;
        this.#records.save(folder, record);
        this.#cgroups.confine(place.play, place.machine.name, mark.pid, limitsOf(record.shape));
      },
      taken: () => {
        if (!record.memory) return;
        delete record.memory;
        this.#records.save(folder, record);
      },
    });
    this.#held.set(folder, held);
    return ms;
  }

  #sockets({ socketDir }: MachinePlace): string {
    return join(socketDir, "vm");
  }

  /** Gives the running machine its identity, then lets its daemons through. @returns ms of the call. */
  async #renew(
    place: MachinePlace,
    folder: string,
    record: MachineRecord,
    once: Operation[],
  ): Promise<number> {
    const held = this.#held.get(folder)!;
    const credential = Buffer.from(record.credential, "hex");
    const took = await renew(place, held, credential, once);
    held.connect(place, credential, this.#log);
    return took;
  }

  /** Takes up a machine that an earlier hostd started. @returns false when it does not answer. */
  async #adopt(place: MachinePlace, folder: string, record: MachineRecord): Promise<boolean> {
    const sockets = this.#sockets(place);
    const gone = () => !lives(record.process!);
    try {
      const qmp = await Qmp.connect(join(sockets, "qmp"), 5_000, gone);
      const held = new HeldMachine(sockets, qmp);
      this.#held.set(folder, held);
      const { status } = await qmp.ask<{ status: string }>("query-status");
      // Its cables are there; what hostd itself does for its networks is not.
      await this.#networks.ensure(place);
      // hostd ended while it was being copied, or right before it went on.
      if (STILL.includes(status)) await qmp.ask("cont");
      else if (status !== "running") throw new Error(`the machine is ${status}`);
      if (record.copied) {
        const credential = Buffer.from(record.credential, "hex");
        await held.agent.ready(ANSWER);
        await renewAwake(held, renewCopied(place, credential));
        this.#nowItsOwn(folder, record);
        held.connect(place, credential, this.#log);
        return true;
      }
      // A guest that booted while nobody was there has not been told yet.
      await this.#renew(place, folder, record, []);
      return true;
    } catch (error) {
      this.#log.warn({ err: error, play: place.play }, "machine could not be taken up");
      this.#release(folder);
      return false;
    }
  }

  suspend(places: MachinePlace[], memory: boolean): Promise<void> {
    return this.#keeper.suspend(places, memory);
  }

  whyNotCopied({ machine, armed }: MachinePlace): string | undefined {
    if (armed) return undefined;
    return `machine ${machine.name} was started without checkpoints and can't be copied while it runs: pause the play, then fork it`;
  }

  capture(places: MachinePlace[], checkpoint: string, stopped: () => void): Promise<void> {
    return this.#keeper.capture(places, checkpoint, stopped);
  }

  async keepCheckpoints(places: MachinePlace[], checkpoints: string[]): Promise<void> {
    for (const place of places) keepOnly(this.#place(place), checkpoints);
  }

  clone(from: MachinePlace, to: MachinePlace, checkpoint: string, keep: string[]): Promise<void> {
    return this.#keeper.clone(from, to, checkpoint, keep);
  }

  /** Lets go of a machine's sockets; it runs on. */
  #release(folder: string): void {
    this.#held.get(folder)?.release();
    this.#held.delete(folder);
  }

  /** A disk has its size by itself. */
  async written(): Promise<{ play: string; machine: string; bytes: number }[]> {
    return [];
  }

  coldBootMs(place: MachinePlace): number | undefined {
    const template = this.#records.read(this.#place(place))?.template;
    return template ? coldBootOf(template) : undefined;
  }

  async usage(place: MachinePlace): Promise<MachineUsage> {
    const folder = this.#place(place);
    const pid = this.#records.read(folder)?.process?.pid ?? 0;
    return qemuUsage(pid, join(folder, "disk.qcow2"));
  }

  async ended(place: MachinePlace): Promise<void> {
    const folder = this.#place(place);
    for (;;) {
      const mark = this.#records.read(folder)?.process;
      if (!mark || !lives(mark)) break;
      await Promise.race([this.#held.get(folder)?.qmp.closed ?? pause(200), pause(2_000)]);
      if (lives(mark)) await pause(20);
    }
    this.#release(folder);
  }

  /** Ends a machine and removes its disk. */
  async #discard(folder: string): Promise<void> {
    this.#release(folder);
    const mark = this.#records.read(folder)?.process;
    if (mark) await killProcess(mark);
    rmSync(folder, { recursive: true, force: true });
  }

  async destroy(play: string): Promise<void> {
    await this.#pool?.dropOf(play);
    const own = this.#records
      .folders()
      .filter((folder) => this.#records.read(folder)?.play === play);
    await Promise.all(own.map((folder) => this.#discard(folder)));
  }

  async reap(plays: Set<string>): Promise<void> {
    await reapPool(join(this.#options.folder, POOL_FOLDER), this.#log);
    const kept = new Set<number>();
    for (const folder of this.#records.folders()) {
      const record = this.#records.read(folder);
      if (record && plays.has(record.play)) {
        if (record.process) kept.add(record.process.pid);
        continue;
      }
      this.#log.warn({ play: record?.play, machine: record?.machine }, "reaped");
      await this.#discard(folder);
    }
    // A hostd that was killed right after it started a QEMU has not noted its number.
    for (const mark of qemusOf(`unix:${this.#runFolder}/`))
      if (!kept.has(mark.pid)) {
        this.#log.warn({ pid: mark.pid }, "reaped a QEMU that no machine has");
        await killProcess(mark);
      }
  }

  /** Templates that are being made, and the pools. */
  async figures(): Promise<{ making: Templates["making"]; pools: PoolFigures[] }> {
    const making = this.#accelerator ? (await this.#ready()).making : [];
    return { making, pools: this.#pool?.figures() ?? [] };
  }

  /** Lets go of all machines of plays, which run on, and ends those that wait for one. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#idleCode?.[Symbol.dispose]();
    for (const folder of this.#held.keys()) this.#release(folder);
    await this.#pool?.close();
    this.#jail?.[Symbol.dispose]();
    this.#jail = undefined;
  }
}
