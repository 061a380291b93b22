import { randomBytes } from "node:crypto";
import { copyFileSync, mkdirSync, rmSync } from "node:fs";
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
import { driveFile, makeDrive } from "./drives.ts";
import { FairQueue } from "./fair-queue.ts";
import { operation, type Operation } from "./guest-agent.ts";
import { frugal } from "./frugal.ts";
import { HeldMachine } from "./held-machine.ts";
import { IdleCode } from "./idle-code.ts";
import { lookOf, type Look } from "./look.ts";
import { keepOnly } from "./machine-copy.ts";
import { MachineKeeper } from "./machine-keeper.ts";
import { MachineStarter } from "./machine-starter.ts";
import { MachineRecords, type MachineRecord } from "./machine-record.ts";
import { MicrovmPool } from "./microvm-pool.ts";
import type { Asked, PoolFigures } from "./pool.ts";
import type { PoolPolicy } from "./pool-demand.ts";
import { reapPool } from "./pool-maker.ts";
import { QemuJail } from "./qemu-jail.ts";
import { MOST_DRIVES, type Shape } from "./qemu-line.ts";
import { killProcess, lives, qemusOf } from "./qemu-process.ts";
import { qemuUsage } from "./qemu-usage.ts";
import { uidOf } from "./qemu-user.ts";
import { putEntries } from "./renewal.ts";
import { shapeOf } from "./shape-of.ts";
import { coldBootOf, Templates } from "./template.ts";

/** Folder of machines that wait, beside that of machines of plays: a rename leads from one to the other. */
const POOL_FOLDER = "microvm-pool";
/** Milliseconds between looks at whether the computer is still busy. */
const LOOK = 5_000;

/** Milliseconds between looks at the room that caches take. */
const COLLECT = 600_000;

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
  readonly #starter: MachineStarter;
  #idleCode: IdleCode | undefined;
  readonly #options: ConstructorParameters<typeof MicrovmDriver>[1];
  #templates: Promise<Templates> | undefined;
  #pool: MicrovmPool | undefined;
  #closed = false;
  #collector: NodeJS.Timeout | undefined;
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
      /** Milliseconds of a cold boot, see {@link Templates}. */
      bootMs: number;
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
    this.#starter = new MachineStarter({
      log,
      artefacts: this.#artefacts,
      records: this.#records,
      held: this.#held,
      networks: this.#networks,
      cgroups: this.#cgroups,
      queue: this.#queue,
      disks: this.#disks,
      ready: async () => {
        const templates = await this.#ready();
        return { templates, accelerator: this.#accelerator!, jail: this.#jail! };
      },
      sockets: (place) => this.#sockets(place),
      release: (folder) => this.#release(folder),
      broken: (shape) => this.#pool?.broken(shape),
    });
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
  async #dress({ name, user, users }: Look, image: string): Promise<Operation[] | undefined> {
    const machine = MachineSpec.fromPartial({ name, users, defaultUser: user });
    const files = this.#disks.files(image);
    const place = { machine, peers: undefined, registry: undefined };
    const entries = await machineEntries(place, (path) => files.read(path));
    // Another play may get the machine: an account that is no part of the image must not be in it.
    if (entries.some((entry) => entry.name === "etc/passwd")) return undefined;
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
      if (frugal(this.#artefacts, accelerator).givesBack)
        this.#idleCode ??= new IdleCode(() =>
          [...this.#held.keys()].flatMap((folder) => this.#records.read(folder)?.process ?? []),
        );
      const made = new Templates(
        this.#artefacts,
        accelerator,
        this.#runFolder,
        this.#jail,
        this.#options.bootMs,
        this.#log,
      );
      this.#collect(made);
      this.#collector ??= setInterval(() => this.#collect(made), COLLECT).unref();
      return made;
    })().catch((error: unknown) => {
      // Asked for again by the next machine.
      this.#templates = undefined;
      throw error;
    });
    return this.#templates;
  }

  /** Gives the disk back what caches hold that nobody used lately. */
  #collect(templates: Templates): void {
    try {
      templates.collect();
      this.#disks.collect();
    } catch (error) {
      this.#log.error({ err: error }, "caches of microVMs could not be looked through");
    }
  }

  #accelerator: Accelerator | undefined;
  #jail: QemuJail | undefined;

  #place({ play, machine }: MachinePlace): string {
    return this.#records.folderOf(play, machine.name);
  }

  lacks({ kernel, drives, rootPosition }: MachineSpec): string | undefined {
    const { kernels } = this;
    if (kernel && !kernels.includes(kernel))
      return `this host has no kernel ${kernel}; it has: ${kernels.join(", ")}`;
    if (drives.length + 1 > MOST_DRIVES) return `drives: at most ${MOST_DRIVES}`;
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
    await this.#starter.start(place, folder, this.#pool?.claim(folder), tell);
  }

  #sockets({ socketDir }: MachinePlace): string {
    return join(socketDir, "vm");
  }

  suspend(places: MachinePlace[], memory: boolean): Promise<void> {
    return this.#keeper.suspend(places, memory);
  }

  whyNotCopied({ machine, armed }: MachinePlace): string | undefined {
    if (armed) return undefined;
    return `machine ${machine.name} was started without checkpoints and can't be copied while it runs: pause the play, then fork it`;
  }

  capture(
    places: MachinePlace[],
    checkpoint: string,
    stays: boolean,
    stopped: () => void,
  ): Promise<void> {
    return this.#keeper.capture(places, checkpoint, stays, stopped);
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
    clearInterval(this.#collector);
    for (const folder of this.#held.keys()) this.#release(folder);
    await this.#pool?.close();
    this.#jail?.[Symbol.dispose]();
    this.#jail = undefined;
  }
}
