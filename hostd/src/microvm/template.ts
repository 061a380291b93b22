// oxlint-disable unicorn/no-useless-spread -- an option stands beside its value
import { createHash } from "node:crypto";
import {
  chmodSync,
  chownSync,
  createWriteStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { basename, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { execa } from "execa";
import type { Logger } from "@agon/daemon/log";
import { readIfThere, writeWhole } from "../disk.ts";
import { StartImpossible } from "../driver.ts";
import type { Accelerator } from "./accelerator.ts";
import { kernelFolder, type MicrovmArtefacts } from "./artefacts.ts";
import { collectFolders } from "./cache-folder.ts";
import { durableFolder } from "./durable.ts";
import { frugal } from "./frugal.ts";
import { GuestAgent, operation } from "./guest-agent.ts";
import { patience } from "./patience.ts";
import { FILES, qemuArguments, type Shape } from "./qemu-line.ts";
import type { QemuJail } from "./qemu-jail.ts";
import { killProcess, lives, startQemu } from "./qemu-process.ts";
import { Qmp } from "./qmp.ts";
import { warmDaemons } from "./template-warm.ts";

/** Cold boots until a template counts as impossible: an emulated one hangs now and then. */
const ATTEMPTS = 4;
/** Characters of a silent guest's console that are told, of up to so many bytes that QEMU keeps. */
const LAST_WORDS = 400;
const CONSOLE = 65_536;
/** Milliseconds that the guest gets to become quiet before the snapshot. */
const QUIET = 1_500;
/** Bytes of all templates at most; those of the last day stay in any case. */
const MAX_BYTES = 24 * 2 ** 30;
const DAY = 86_400_000;
/** User of QEMU while it makes a template. */
const TEMPLATE_UID = 0x4000_0000;

/** A machine of one shape at the moment in which it would take its identity. */
export interface Template {
  folder: string;
  /** Milliseconds of the cold boot until both daemons had called. */
  coldBootMs: number;
}

/** Milliseconds of the cold boot from which the template in this folder was made; undefined when it is gone. */
export function coldBootOf(folder: string): number | undefined {
  const text = readIfThere(join(folder, "template.json"));
  return text ? (JSON.parse(text) as { coldBootMs: number }).coldBootMs : undefined;
}

/** Templates of this computer: made once, found by everything that they are made of. */
export class Templates {
  readonly #artefacts: MicrovmArtefacts;
  readonly #accelerator: Accelerator;
  readonly #log: Logger;
  readonly #runFolder: string;
  readonly #jail: QemuJail;
  /**
   * Milliseconds until the guest's program answers in a cold boot, on a computer that has nothing else
   * to do (see {@link patience}); the daemons get twice as long after it.
   */
  readonly bootMs: number;
  readonly #making = new Map<string, { made: Promise<Template>; since: number }>();

  /** @param runFolder short folder for sockets. */
  constructor(
    artefacts: MicrovmArtefacts,
    accelerator: Accelerator,
    runFolder: string,
    jail: QemuJail,
    bootMs: number,
    log: Logger,
  ) {
    this.#artefacts = artefacts;
    this.#accelerator = accelerator;
    this.#runFolder = runFolder;
    this.#jail = jail;
    this.bootMs = bootMs;
    this.#log = log;
    mkdirSync(artefacts.templates, { recursive: true, mode: 0o700 });
  }

  /** Name of a shape's template: a digest over all that a snapshot depends on. */
  key(shape: Shape): string {
    const { drive, disks } = this.#artefacts;
    const inputs = [
      this.#accelerator.qemu,
      this.#accelerator.cpu,
      ...[kernelFolder(this.#artefacts, shape.kernel), drive, disks[shape.image]],
      qemuArguments(this.#accelerator, shape, {
        sockets: "",
        taps: [],
        drives: false,
        start: "boot",
        keepMemory: true,
      }),
    ];
    const digest = createHash("sha256").update(JSON.stringify(inputs)).digest("hex");
    return `${shape.image}-${shape.memoryMiB}-${digest.slice(0, 16)}`;
  }

  /** The template of a shape when it is there and nothing wrote to its memory since it was made. */
  find(shape: Shape): Template | undefined {
    const folder = join(this.#artefacts.templates, this.key(shape));
    const text = readIfThere(join(folder, "template.json"));
    if (!text) return undefined;
    const { coldBootMs, memory } = JSON.parse(text) as { coldBootMs: number; memory: string };
    if (memory !== memoryMark(folder)) {
      // QEMU holds this file open for writing; one that was taken over could change it for all.
      this.#log.error({ template: basename(folder) }, "the memory of a template was written to");
      rmSync(folder, { recursive: true, force: true });
      return undefined;
    }
    utimesSync(folder, new Date(), new Date());
    return { folder, coldBootMs };
  }

  /**
   * The template of a shape; makes it when it is not there, once for all who ask.
   * @throws StartImpossible when no attempt of a cold boot came to its end.
   */
  get(shape: Shape): Promise<Template> {
    const found = this.find(shape);
    if (found) return Promise.resolve(found);
    const key = this.key(shape);
    const known = this.#making.get(key);
    if (known) return known.made;
    const made = this.#make(shape).finally(() => this.#making.delete(key));
    this.#making.set(key, { made, since: performance.now() });
    return made;
  }

  /** Names of the templates that are being made, with the seconds since that began. */
  get making(): { template: string; seconds: number }[] {
    return [...this.#making].map(([template, { since }]) => ({
      template,
      seconds: (performance.now() - since) / 1_000,
    }));
  }

  /** What a learner is told whose machine waits for its template. */
  progress(shape: Shape): string {
    const since = this.#making.get(this.key(shape))?.since ?? performance.now();
    const usual = this.usualSeconds;
    const left = Math.ceil((usual ?? 0) - (performance.now() - since) / 1_000);
    const when =
      usual === undefined ? "a minute or two" : left > 0 ? `about ${left} s` : "a moment";
    return `The first machine of this kind on this host: it is booted once, ${when}; later ones start at once.`;
  }

  /** Seconds that this computer needed for a template, the longest of late; undefined when it made none. */
  get usualSeconds(): number | undefined {
    const all = readdirSync(this.#artefacts.templates, { withFileTypes: true })
      // The accelerator's file lies there, too.
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => readIfThere(join(this.#artefacts.templates, name, "template.json")))
      .flatMap((text) => (text ? [(JSON.parse(text) as { madeMs?: number }).madeMs ?? 0] : []));
    const longest = Math.max(0, ...all);
    return longest ? Math.ceil(longest / 1_000) : undefined;
  }

  async #make(shape: Shape): Promise<Template> {
    this.collect();
    for (let attempt = 1; ; attempt++) {
      const folder = join(this.#artefacts.templates, `.${this.key(shape)}-${process.pid}`);
      rmSync(folder, { recursive: true, force: true });
      const startedAt = performance.now();
      try {
        const coldBootMs = await this.#snapshot(shape, folder, attempt);
        // From now on nobody but root can write to it, where QEMU gets along with that.
        if (frugal(this.#artefacts, this.#accelerator).preload)
          chmodSync(join(folder, "memory"), 0o444);
        // Whole after a power loss, or not there.
        await durableFolder(this.#artefacts.tools, folder);
        writeWhole(
          join(folder, "template.json"),
          JSON.stringify({
            coldBootMs,
            madeMs: Math.round(performance.now() - startedAt),
            memory: memoryMark(folder),
            shape,
          }),
        );
        const place = join(this.#artefacts.templates, this.key(shape));
        // Another host of this computer may have been faster.
        if (!existsSync(place)) renameSync(folder, place);
        this.#log.info(
          { shape, coldBootMs, attempt, ms: Math.round(performance.now() - startedAt) },
          "template made",
        );
        return { folder: place, coldBootMs };
      } catch (error) {
        if (attempt >= ATTEMPTS) {
          const why = (error as Error).message;
          throw new StartImpossible(`${ATTEMPTS} cold boots failed; the last: ${why}`, {
            cause: error,
          });
        }
        this.#log.warn({ err: error, shape, attempt }, "template could not be made");
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    }
  }

  /** Boots once, has the daemons warm up, and keeps memory, device state and disk. @returns the cold boot's ms. */
  async #snapshot(shape: Shape, folder: string, attempt: number): Promise<number> {
    const { drive, disks } = this.#artefacts;
    const kernel = kernelFolder(this.#artefacts, shape.kernel);
    const base = disks[shape.image]!;
    mkdirSync(folder, { mode: 0o700 });
    const at = (name: string) => join(folder, name);
    const disk = at("template.qcow2");
    const size = String(statSync(base).size);
    const image = ["create", "-q", "-u", "-f", "qcow2", "-F", "raw", "-b", "base"];
    await execa("qemu-img", [...image, disk, size]);
    // The beginning of every machine's own disk: made here once, copied then.
    const empty = ["create", "-q", "-u", "-f", "qcow2", "-F", "qcow2", "-b", "template"];
    await execa("qemu-img", [...empty, at("empty.qcow2"), size]);
    writeFileSync(at("memory"), "");
    truncateSync(at("memory"), shape.memoryMiB * 2 ** 20);
    chmodSync(at("memory"), 0o666);
    const sockets = mkdtempSync(join(this.#runFolder, "t-"));
    chownSync(sockets, TEMPLATE_UID, TEMPLATE_UID);
    const startedAt = performance.now();
    const mark = await startQemu({
      args: qemuArguments(this.#accelerator, shape, {
        sockets,
        taps: [],
        drives: false,
        start: "boot",
        keepMemory: true,
      }),
      files: [
        { number: FILES.base, path: base },
        { number: FILES.disk, path: disk, write: true },
        { number: FILES.examiner, path: join(drive, "examiner.sqfs") },
        { number: FILES.memory, path: at("memory"), write: true },
        { number: FILES.kernel, path: join(kernel, "vmlinuz") },
        { number: FILES.initrd, path: join(kernel, "initrd.gz") },
      ],
      uid: TEMPLATE_UID,
      jail: this.#jail,
      space: undefined,
      log: at("qemu.log"),
      frugal: frugal(this.#artefacts, this.#accelerator),
    });
    let qmp: Qmp | undefined;
    const agent = new GuestAgent(join(sockets, "guest"));
    try {
      qmp = await Qmp.connect(join(sockets, "qmp"), 10_000, () => !lives(mark));
      // Where it ended nobody will answer: a guest that panics or reboots ends it.
      const ended = qmp.closed.then(() => {
        throw new Error("the guest ended while it booted");
      });
      ended.catch(() => {});
      await Promise.race([agent.ready(this.bootMs * attempt * patience()), ended]);
      const ports = { examiner: join(sockets, "examiner"), terminals: join(sockets, "terminals") };
      let coldBootMs = 0;
      const channel = join(sockets, "channel");
      await warmDaemons(channel, ports, this.#log, 2 * this.bootMs * attempt * patience(), () => {
        coldBootMs = Math.round(performance.now() - startedAt);
      });
      await pause(QUIET);
      // A clone finds both waiting at the door: it need not wait for their next attempt.
      for (let tries = 0; ; tries++) {
        try {
          await agent.run([operation.sync, operation.daemonsWait], 30_000);
          break;
        } catch (error) {
          if (tries >= 50) throw error;
          await pause(100);
        }
      }
      agent.close();
      await pause(200);
      await this.#save(qmp, join(sockets, "state"), at("state"));
      return coldBootMs;
    } catch (error) {
      const said = readIfThere(at("qemu.log"))?.trim().slice(-500) ?? "";
      const console = await qmp
        ?.ask<string>("ringbuf-read", { device: "console", size: CONSOLE })
        .catch(() => "");
      const last = console?.trim().slice(-LAST_WORDS);
      const parts = [(error as Error).message, said, last && `Its console: …${last}`];
      throw new Error(parts.filter(Boolean).join(" "), { cause: error });
    } finally {
      agent.close();
      qmp?.close();
      await killProcess(mark);
      rmSync(sockets, { recursive: true, force: true });
    }
  }

  /** Stops the machine and stores its device state; memory is in its file already. */
  async #save(qmp: Qmp, socket: string, file: string): Promise<void> {
    const out = createWriteStream(file, { mode: 0o644 });
    const stored = Promise.withResolvers<void>();
    const server = createServer((stream) => {
      stream.pipe(out);
      out.on("finish", stored.resolve);
      stream.on("error", stored.reject);
      out.on("error", stored.reject);
    });
    await new Promise<void>((resolve) => server.listen(socket, resolve));
    chmodSync(socket, 0o666);
    try {
      await qmp.ask("stop");
      const capabilities = [{ capability: "x-ignore-shared", state: true }];
      await qmp.ask("migrate-set-capabilities", { capabilities });
      await qmp.ask("migrate", { uri: `unix:${socket}` });
      for (const end = performance.now() + 30_000; ;) {
        const { status } = await qmp.ask<{ status: string }>("query-migrate");
        if (status === "completed") break;
        if (status === "failed" || performance.now() > end)
          throw new Error(`the snapshot was not stored: ${status}`);
        await pause(20);
      }
      await stored.promise;
    } finally {
      server.close();
    }
    await qmp.ask("quit").catch(() => undefined);
  }

  /**
   * Keeps the templates within their bound. A machine that runs needs its own only for its checkpoints
   * (template-memory.ts); of the rest it has links (machine-copy.ts).
   */
  collect(): void {
    const bound = { most: MAX_BYTES, stays: DAY, partial: DAY };
    collectFolders(this.#artefacts.templates, bound, this.#log);
  }
}

/** Changes with every write to the memory file; nobody but root can set it back. */
export function memoryMark(folder: string): string {
  const { ino, size, mtimeMs, ctimeMs } = statSync(join(folder, "memory"));
  return [ino, size, mtimeMs, ctimeMs].join(" ");
}
