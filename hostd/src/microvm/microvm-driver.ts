import { randomBytes } from "node:crypto";
import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Logger } from "@agon/daemon/log";
import type { MachineSpec } from "@agon/protocol/host";
import type { MachineCgroups } from "../cgroups.ts";
import { readIfThere, writeWhole } from "../disk.ts";
import type { Driver, MachinePlace, MachineUsage } from "../driver.ts";
import { machineEntries } from "../machine-files.ts";
import { hostPrefix, shortHash } from "../names.ts";
import type { PlayNetworks } from "../network.ts";
import { findAccelerator, type Accelerator } from "./accelerator.ts";
import { kernelFolder, type MicrovmArtefacts } from "./artefacts.ts";
import { driveFile, makeDrive, mountDrives } from "./drives.ts";
import { FairQueue } from "./fair-queue.ts";
import { GuestAgent, operation, type Operation } from "./guest-agent.ts";
import { GuestRelay } from "./guest-relay.ts";
import { ImageFiles } from "./image-files.ts";
import { FILES, qemuArguments, SLOTS, type Shape } from "./qemu-line.ts";
import { killProcess, lives, qemusOf, startQemu, type ProcessMark } from "./qemu-process.ts";
import { Qmp } from "./qmp.ts";
import { needsBoot, putEntries, renewDisk, renewRunning } from "./renewal.ts";
import { COLD_BOOT, Templates } from "./template.ts";
import { openTunDevice } from "./tun-device.ts";

/** Memory is given in steps of this, so that few shapes serve many machines. */
const MEMORY_STEP = 256;
const DEFAULT_MEMORY = 512;
/** Bytes that QEMU needs besides the machine's memory: code, translations, buffers, disk cache. */
const OVERHEAD = 320 * 2 ** 20;
/** Threads of one QEMU at most. */
const THREADS = 64;
/** First user of QEMUs; the user of a machine follows from its name. */
const FIRST_UID = 0x4000_0001;
/** Milliseconds that a renewal may take on a busy computer. */
const RENEWAL = 30_000;
/**
 * Milliseconds until a restored guest must have answered, which takes it less than one tenth of a
 * second alone; after that it is restored anew, and gets as much more at each attempt.
 */
const ANSWER = 8_000;
const RESTORES = 3;

/** What a machine keeps beside its disk. */
interface MachineRecord {
  play: string;
  machine: string;
  template: string;
  shape: Shape;
  uid: number;
  credential: string;
  /** Its identity is its own and on its disk: from now on it boots from there. */
  renewed: boolean;
  process?: ProcessMark;
}

/** A machine that this hostd holds. */
interface Held {
  qmp: Qmp;
  agent: GuestAgent;
  relays: GuestRelay[];
}

/** Machines as virtual ones under QEMU, each a copy-on-write clone of a snapshot. */
export class MicrovmDriver implements Driver {
  readonly backend = "microvm";
  readonly #log: Logger;
  readonly #artefacts: MicrovmArtefacts;
  readonly #folder: string;
  readonly #runFolder: string;
  readonly #prefix: string;
  readonly #networks: PlayNetworks;
  readonly #cgroups: MachineCgroups;
  readonly #queue = new FairQueue(cpus().length);
  readonly #held = new Map<string, Held>();
  readonly #images = new Map<string, ImageFiles>();
  #templates: Promise<Templates> | undefined;

  /** @param options.folder for disks of machines. @param options.runFolder short folder for sockets. */
  constructor(
    log: Logger,
    options: {
      arena: string;
      host: string;
      artefacts: MicrovmArtefacts;
      networks: PlayNetworks;
      cgroups: MachineCgroups;
      folder: string;
      runFolder: string;
    },
  ) {
    this.#log = log;
    this.#artefacts = options.artefacts;
    this.#folder = join(options.folder, "microvms");
    this.#runFolder = options.runFolder;
    this.#prefix = hostPrefix(options.arena, options.host);
    this.#networks = options.networks;
    this.#cgroups = options.cgroups;
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    mkdirSync(this.#runFolder, { recursive: true, mode: 0o711 });
    for (const [image, disk] of Object.entries(options.artefacts.disks))
      this.#images.set(image, new ImageFiles(disk));
  }

  get images(): string[] {
    return [...this.#images.keys()];
  }

  /**
   * Finds the accelerator and makes the usual templates.
   * @param told called with the accelerator as soon as it is known.
   */
  async warmUp(told: (accelerator: Accelerator) => void): Promise<void> {
    const templates = await this.#ready(told);
    for (const shape of this.#artefacts.warm) await templates.get(shape);
  }

  #ready(told: (accelerator: Accelerator) => void = () => undefined): Promise<Templates> {
    this.#templates ??= (async () => {
      mkdirSync(this.#artefacts.templates, { recursive: true, mode: 0o700 });
      openTunDevice();
      const accelerator = await findAccelerator(this.#artefacts);
      this.#accelerator = accelerator;
      return new Templates(this.#artefacts, accelerator, this.#runFolder, this.#log);
    })().catch((error: unknown) => {
      // Asked for again by the next machine.
      this.#templates = undefined;
      throw error;
    });
    return this.#templates.then((templates) => {
      told(this.#accelerator!);
      return templates;
    });
  }
  #accelerator: Accelerator | undefined;

  #place(place: MachinePlace): string {
    return join(this.#folder, shortHash(`${place.play}/${place.machine.name}`));
  }

  #record(folder: string): MachineRecord | undefined {
    const text = readIfThere(join(folder, "machine.json"));
    return text === undefined ? undefined : (JSON.parse(text) as MachineRecord);
  }

  #save(folder: string, record: MachineRecord): void {
    writeWhole(join(folder, "machine.json"), JSON.stringify(record));
  }

  #shape({ machine }: MachinePlace): Shape {
    const wanted = machine.memoryBytes / 2 ** 20 || DEFAULT_MEMORY;
    return {
      image: machine.image,
      memoryMiB: Math.max(1, Math.ceil(wanted / MEMORY_STEP)) * MEMORY_STEP,
      cpus: Math.min(Math.max(1, machine.cpuCount), cpus().length),
      interfaces: machine.interfaces.length,
      kernel: machine.kernel || Object.keys(this.#artefacts.kernels)[0]!,
      drives: machine.drives.map(({ readOnly, sizeBytes }) => ({
        readOnly: readOnly ? sizeBytes : undefined,
      })),
      rootPosition: machine.rootPosition,
    };
  }

  lacks({ kernel, drives, rootPosition, interfaces }: MachineSpec): string | undefined {
    const kernels = Object.keys(this.#artefacts.kernels);
    if (kernel && !kernels.includes(kernel))
      return `this host has no kernel ${kernel}; it has: ${kernels.join(", ")}`;
    if (drives.length + 1 + interfaces.length > SLOTS)
      return `drives and interfaces: at most ${SLOTS} together`;
    if (rootPosition < 0 || rootPosition > drives.length)
      return "the root drive has no place among the drives";
    return undefined;
  }

  async prepare(place: MachinePlace): Promise<void> {
    const { machine, play } = place;
    if (!this.#images.has(machine.image))
      throw new Error(
        `this host has no disk of ${machine.image} for microVMs; it has: ${this.images.join(", ") || "none"}`,
      );
    const shape = this.#shape(place);
    const templates = await this.#ready();
    const { folder: template } = await templates.get(shape);
    const folder = this.#place(place);
    await this.#discard(folder);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const name = shortHash(`${this.#prefix}/${play}/${machine.name}`);
    const record: MachineRecord = {
      play,
      machine: machine.name,
      template,
      shape,
      uid: FIRST_UID + Number.parseInt(name.slice(0, 7), 16),
      credential: randomBytes(32).toString("hex"),
      renewed: false,
    };
    copyFileSync(join(template, "empty.qcow2"), join(folder, "disk.qcow2"));
    await Promise.all(
      machine.drives.map((drive, index) => makeDrive(driveFile(folder, index), drive)),
    );
    this.#save(folder, record);
  }

  async start(place: MachinePlace): Promise<void> {
    const folder = this.#place(place);
    const record = this.#record(folder);
    if (!record) throw new Error("the machine was not prepared");
    this.#release(folder);
    if (record.process && lives(record.process)) {
      if (record.renewed && (await this.#adopt(place, folder, record))) return;
      await killProcess(record.process);
    }
    const templates = await this.#ready();
    using _turn = await this.#queue.enter(place.play);
    const startedAt = performance.now();
    if (record.renewed) {
      const restored = await this.#launch(place, folder, record, "boot");
      const renewal = await this.#renew(place, folder, record, []);
      this.#tell(place, { kind: "boot", restored, renewal, startedAt });
      return;
    }
    // Another version of hostd may have prepared it; nothing is on its disk yet.
    record.template = (await templates.get(record.shape)).folder;
    const restored = await this.#restore(place, folder, record);
    const entries = await machineEntries(place.machine, (path) =>
      this.#images.get(record.shape.image)!.read(path),
    );
    const grown = await this.#enlarge(place, folder);
    const renewal = await this.#renew(place, folder, record, [
      ...renewDisk(place),
      ...mountDrives(place.machine, await this.#images.get(record.shape.image)!.read("/etc/fstab")),
      ...putEntries(entries),
      ...(grown ? [operation.grow] : []),
    ]);
    record.renewed = true;
    this.#save(folder, record);
    if (needsBoot(entries)) {
      await this.#held.get(folder)?.agent.run([operation.sync], RENEWAL);
      this.#release(folder);
      await killProcess(record.process!);
      await this.#launch(place, folder, record, "boot");
      await this.#renew(place, folder, record, []);
    }
    this.#tell(place, { kind: "restore", restored, renewal, startedAt });
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

  #tell(
    { play, machine }: MachinePlace,
    took: { kind: string; restored: number; renewal: number; startedAt: number },
  ): void {
    const { kind, restored, renewal, startedAt } = took;
    const ms = Math.round(performance.now() - startedAt);
    const waiting = this.#queue.length;
    this.#log.info(
      { play, machine: machine.name, kind, restored, renewal, ms, waiting },
      "microVM started",
    );
  }

  /** Starts QEMU. @returns ms until the machine runs. */
  async #launch(
    place: MachinePlace,
    folder: string,
    record: MachineRecord,
    kind: "restore" | "boot",
  ): Promise<number> {
    const { machine, play } = place;
    const { drive, disks } = this.#artefacts;
    const { shape, template, uid } = record;
    const kernel = kernelFolder(this.#artefacts, shape.kernel);
    const startedAt = performance.now();
    const { space, taps } = await this.#networks.tap(place, uid);
    const sockets = this.#sockets(place);
    rmSync(sockets, { recursive: true, force: true });
    mkdirSync(sockets, { recursive: true });
    chmodSync(sockets, 0o700);
    chownSync(sockets, uid, uid);
    const files = [
      { number: FILES.base, path: disks[shape.image]! },
      { number: FILES.template, path: join(template, "template.qcow2") },
      { number: FILES.disk, path: join(folder, "disk.qcow2"), write: true },
      { number: FILES.examiner, path: join(drive, "examiner.sqfs") },
      { number: FILES.kernel, path: join(kernel, "vmlinuz") },
      { number: FILES.initrd, path: join(kernel, "initrd.gz") },
      ...shape.drives.map(({ readOnly }, index) => ({
        number: FILES.drives + index,
        path: driveFile(folder, index),
        write: readOnly === undefined,
      })),
    ];
    if (kind === "restore")
      files.push(
        { number: FILES.memory, path: join(template, "memory") },
        { number: FILES.state, path: join(template, "state") },
      );
    const accelerator = this.#accelerator!;
    const mark = await startQemu({
      args: qemuArguments(accelerator, shape, {
        sockets,
        taps,
        drives: true,
        start: kind,
        keepMemory: false,
      }),
      files,
      uid,
      space,
      log: join(folder, "qemu.log"),
    });
    record.process = mark;
    try {
      this.#save(folder, record);
    } catch (error) {
      // The play was destroyed meanwhile: nobody would find this process.
      await killProcess(mark);
      throw error;
    }
    this.#cgroups.confine(play, machine.name, mark.pid, {
      memory: shape.memoryMiB * 2 ** 20 + OVERHEAD,
      cpus: shape.cpus,
      pids: THREADS,
    });
    try {
      const qmp = await Qmp.connect(join(sockets, "qmp"), RENEWAL, () => !lives(mark));
      if (kind === "restore") {
        const capabilities = [{ capability: "x-ignore-shared", state: true }];
        await qmp.ask("migrate-set-capabilities", { capabilities });
        await qmp.ask("migrate-incoming", { uri: `fd:${FILES.state}` });
        for (const end = performance.now() + RENEWAL; ;) {
          const { status } = await qmp.ask<{ status: string }>("query-status");
          if (status !== "inmigrate") break;
          if (performance.now() > end) throw new Error("the snapshot was not taken in");
          await pause(3);
        }
      }
      const agent = new GuestAgent(join(sockets, "guest"));
      this.#held.set(folder, { qmp, agent, relays: [] });
      if (kind === "restore") await qmp.ask("cont");
    } catch (error) {
      const said = readIfThere(join(folder, "qemu.log"))?.trim().slice(-500) ?? "";
      throw new Error(`${(error as Error).message} ${said}`.trim(), { cause: error });
    }
    return Math.round(performance.now() - startedAt);
  }

  #sockets({ socketDir }: MachinePlace): string {
    return join(socketDir, "vm");
  }

  /** Makes the disk as large as the machine's spec wants it, and tells the guest the size of its drives. @returns whether the disk grew. */
  async #enlarge({ machine }: MachinePlace, folder: string): Promise<boolean> {
    const { qmp } = this.#held.get(folder)!;
    // In the template they had another size: the same one again makes the device tell its own.
    for (const [index, { readOnly, sizeBytes }] of machine.drives.entries())
      if (!readOnly)
        await qmp.ask("block_resize", { "node-name": `drive${index}`, size: sizeBytes });
    const nodes = await qmp.ask<{ "node-name": string; image: { "virtual-size": number } }[]>(
      "query-named-block-nodes",
      { flat: true },
    );
    const now = nodes.find((node) => node["node-name"] === "disk")?.image["virtual-size"] ?? 0;
    const size = Math.floor(machine.diskBytes / 4096) * 4096;
    if (size <= now) return false;
    await qmp.ask("block_resize", { "node-name": "disk", size });
    return true;
  }

  /** Gives the running machine its identity, then lets its daemons through. @returns ms of the call. */
  async #renew(
    place: MachinePlace,
    folder: string,
    record: MachineRecord,
    once: Operation[],
  ): Promise<number> {
    const held = this.#held.get(folder)!;
    await held.agent.ready(COLD_BOOT);
    const startedAt = performance.now();
    const credential = Buffer.from(record.credential, "hex");
    await held.agent.run([...renewRunning(place, credential), ...once], RENEWAL);
    await setClock(held.agent);
    const took = Math.round(performance.now() - startedAt);
    this.#connect(place, held, credential);
    return took;
  }

  #connect(place: MachinePlace, held: Held, credential: Buffer): void {
    const sockets = this.#sockets(place);
    const target = join(place.socketDir, "hostd.sock");
    const log = this.#log.child({ play: place.play, machine: place.machine.name });
    for (const port of ["examiner", "terminals"])
      held.relays.push(new GuestRelay(join(sockets, port), target, credential, log));
  }

  /** Takes up a machine that an earlier hostd started. @returns false when it does not answer. */
  async #adopt(place: MachinePlace, folder: string, record: MachineRecord): Promise<boolean> {
    const sockets = this.#sockets(place);
    const gone = () => !lives(record.process!);
    let qmp: Qmp | undefined;
    const agent = new GuestAgent(join(sockets, "guest"));
    try {
      qmp = await Qmp.connect(join(sockets, "qmp"), 5_000, gone);
      const { status } = await qmp.ask<{ status: string }>("query-status");
      if (status !== "running") throw new Error(`the machine is ${status}`);
      await agent.ready(COLD_BOOT);
      // A guest that booted while nobody was there has not been told yet.
      const credential = Buffer.from(record.credential, "hex");
      await agent.run(renewRunning(place, credential), RENEWAL);
      await setClock(agent);
      const held = { qmp, agent, relays: [] };
      this.#held.set(folder, held);
      this.#connect(place, held, credential);
      return true;
    } catch (error) {
      this.#log.warn({ err: error, play: place.play }, "machine could not be taken up");
      agent.close();
      qmp?.close();
      return false;
    }
  }

  /** Lets go of a machine's sockets; it runs on. */
  #release(folder: string): void {
    const held = this.#held.get(folder);
    this.#held.delete(folder);
    held?.agent.close();
    held?.qmp.close();
    for (const relay of held?.relays ?? []) relay.close();
  }

  /** A disk has its size by itself. */
  async written(): Promise<{ play: string; machine: string; bytes: number }[]> {
    return [];
  }

  async usage(place: MachinePlace): Promise<MachineUsage> {
    const folder = this.#place(place);
    const pid = this.#record(folder)?.process?.pid ?? 0;
    // Fields 14 and 15 of /proc/PID/stat, in hundredths of a second (proc(5)); the name may hold spaces.
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ");
    const resident = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return {
      cpuSeconds: (Number(stat[11]) + Number(stat[12])) / 100,
      memoryBytes: Number(resident ?? 0) * 1024,
      pids: readdirSync(`/proc/${pid}/task`).length,
      diskBytes: statSync(join(folder, "disk.qcow2")).blocks * 512,
    };
  }

  async ended(place: MachinePlace): Promise<void> {
    const folder = this.#place(place);
    for (;;) {
      const mark = this.#record(folder)?.process;
      if (!mark || !lives(mark)) break;
      await Promise.race([this.#held.get(folder)?.qmp.closed ?? pause(200), pause(2_000)]);
      if (lives(mark)) await pause(20);
    }
    this.#release(folder);
  }

  /** Ends a machine and removes its disk. */
  async #discard(folder: string): Promise<void> {
    this.#release(folder);
    const mark = this.#record(folder)?.process;
    if (mark) await killProcess(mark);
    rmSync(folder, { recursive: true, force: true });
  }

  #folders(): string[] {
    return readdirSync(this.#folder).map((name) => join(this.#folder, name));
  }

  async destroy(play: string): Promise<void> {
    const own = this.#folders().filter((folder) => this.#record(folder)?.play === play);
    await Promise.all(own.map((folder) => this.#discard(folder)));
  }

  async reap(plays: Set<string>): Promise<void> {
    const kept = new Set<number>();
    for (const folder of this.#folders()) {
      const record = this.#record(folder);
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

  /** Lets go of all machines; they run on. */
  close(): void {
    for (const folder of this.#held.keys()) this.#release(folder);
  }
}

/** The time is as late as its way to the guest was long: sets it again until that was short. */
async function setClock(agent: GuestAgent): Promise<void> {
  for (let tries = 0; tries < 10; tries++) {
    const from = performance.now();
    await agent.run([operation.clock()], RENEWAL);
    if (performance.now() - from < 50) return;
  }
}
