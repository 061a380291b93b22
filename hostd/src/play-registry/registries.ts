// oxlint-disable unicorn/no-useless-spread -- an option stands beside its value
import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import {
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { execa } from "execa";
import type { Logger } from "@agon/daemon/log";
import type { MachineCgroups } from "../cgroups.ts";
import { readIfThere, writeWhole } from "../disk.ts";
import { registryCertificates, type RegistryCertificates } from "./certificates.ts";

/** Bytes of one play's registry at most. */
const MAX_BYTES = 2 * 2 ** 30;
/** Milliseconds between two looks at their sizes. */
const LOOK = 4_000;
/** First user of registries; the user of a play's one follows from the play's name. */
const FIRST_UID = 0x5000_0001;
/** Limits of all processes of one registry. */
const LIMITS = { memory: 256 * 2 ** 20, cpus: 1, pids: 200 };
/** Name of its control group; no machine can have it. */
const GROUP = "_registry";

interface Record {
  uid: number;
  /** Network namespace that its door stands in. */
  space: string;
  /** Its storage is full: it takes nothing more. */
  full: boolean;
}

/**
 * The container registries of plays: Debian's docker-registry, each as a user of its own, behind a
 * door in the play's network namespace. The first connection starts it. It outlives hostd, and goes
 * with the play.
 */
export class PlayRegistries {
  readonly #folder: string;
  readonly #prefix: string;
  readonly #cgroups: MachineCgroups;
  readonly #log: Logger;
  readonly #maxBytes: number;
  readonly certificates: RegistryCertificates;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  private constructor(certificates: RegistryCertificates, options: RegistryOptions, log: Logger) {
    this.certificates = certificates;
    this.#folder = join(options.folder, "registries");
    this.#prefix = options.prefix;
    this.#cgroups = options.cgroups;
    this.#maxBytes = options.maxBytes || MAX_BYTES;
    this.#log = log;
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    this.#later(LOOK);
  }

  /** @returns undefined where docker-registry is not installed: then plays have none. */
  static async open(options: RegistryOptions, log: Logger): Promise<PlayRegistries | undefined> {
    for (const command of ["docker-registry", "socat"]) {
      const { exitCode } = await execa("sh", ["-c", `command -v ${command}`], { reject: false });
      if (exitCode === 0) continue;
      log.warn({ command }, "plays have no registry: a program is missing");
      return undefined;
    }
    const certificates = await registryCertificates(join(options.folder, "registry-ca"));
    return new PlayRegistries(certificates, options, log);
  }

  #place(play: string): string {
    return join(this.#folder, play);
  }

  #record(play: string): Record | undefined {
    const text = readIfThere(join(this.#place(play), "registry.json"));
    return text ? (JSON.parse(text) as Record) : undefined;
  }

  /**
   * Opens a play's registry; one that is open stays so.
   * @param auth `user:password`, or empty.
   */
  async begin(play: string, auth: string, space: string): Promise<void> {
    const folder = this.#place(play);
    const known = this.#record(play);
    if (known?.space === space && processesOf(known.uid).length > 0) return;
    const hash = createHash("sha256").update(`${this.#prefix}/${play}`).digest("hex");
    const uid = known?.uid ?? FIRST_UID + Number.parseInt(hash.slice(0, 7), 16);
    mkdirSync(folder, { recursive: true, mode: 0o711 });
    for (const name of ["run", "data"]) {
      mkdirSync(join(folder, name), { recursive: true, mode: 0o700 });
      chownSync(join(folder, name), uid, uid);
    }
    copyFileSync(join(import.meta.dirname, "door.sh"), join(folder, "door.sh"));
    const own = (name: string, text: string) => {
      writeFileSync(join(folder, name), text, { mode: 0o400 });
      chownSync(join(folder, name), uid, uid);
    };
    rmSync(join(folder, "server.pem"), { force: true });
    rmSync(join(folder, "server.key"), { force: true });
    rmSync(join(folder, "htpasswd"), { force: true });
    own("server.pem", this.certificates.certificate);
    own("server.key", this.certificates.key);
    if (auth) own("htpasswd", await htpasswd(auth));
    await this.#open(play, { uid, space, full: known?.full ?? false });
  }

  async #open(play: string, record: Record): Promise<void> {
    const folder = this.#place(play);
    const { uid, space, full } = record;
    await end(uid);
    const config = {
      version: 0.1,
      log: { level: "error", accesslog: { disabled: true } },
      storage: {
        filesystem: { rootdirectory: "data" },
        delete: { enabled: true },
        maintenance: { readonly: { enabled: full } },
      },
      http: {
        net: "unix",
        addr: "run/registry.sock",
        secret: randomBytes(32).toString("hex"),
        tls: { certificate: "server.pem", key: "server.key" },
      },
      ...(existsSync(join(folder, "htpasswd"))
        ? { auth: { htpasswd: { realm: "play", path: "htpasswd" } } }
        : {}),
    };
    // JSON is YAML.
    rmSync(join(folder, "config.yml"), { force: true });
    writeFileSync(join(folder, "config.yml"), JSON.stringify(config), { mode: 0o400 });
    chownSync(join(folder, "config.yml"), uid, uid);
    writeWhole(join(folder, "registry.json"), JSON.stringify(record));
    // Else only root could listen there.
    await execa("ip", [
      ...["netns", "exec", space, "sysctl", "-qw", "net.ipv4.ip_unprivileged_port_start=443"],
    ]);
    const door = spawn(
      "nsenter",
      [
        ...[`--net=/run/netns/${space}`, "--", "setpriv", `--reuid=${uid}`, `--regid=${uid}`],
        ...["--clear-groups", "--no-new-privs", "--inh-caps=-all", "--bounding-set=-all"],
        ...["socat", "-lp", `registry-${play}`, "TCP4-LISTEN:443,fork,reuseaddr,max-children=32"],
        "EXEC:sh door.sh",
      ],
      {
        stdio: "ignore",
        detached: true,
        // It may enter no folder above this one, so everything goes by paths from here.
        cwd: folder,
        env: { PATH: `${process.env["PATH"]}:/usr/sbin:/sbin` },
      },
    );
    await new Promise<void>((resolve, reject) => {
      door.once("spawn", resolve);
      door.once("error", reject);
    });
    door.unref();
    this.#cgroups.confine(play, GROUP, door.pid!, LIMITS);
  }

  /** Ends a play's registry and keeps what it holds; one that is gone is fine. */
  async stop(play: string): Promise<void> {
    const record = this.#record(play);
    if (record) await end(record.uid);
  }

  /** Ends a play's registry and removes what it holds; one that is gone is fine. */
  async remove(play: string): Promise<void> {
    await this.stop(play);
    rmSync(this.#place(play), { recursive: true, force: true });
  }

  /** Removes the registries of all plays but these. */
  async reap(plays: Set<string>): Promise<void> {
    for (const play of readdirSync(this.#folder)) if (!plays.has(play)) await this.remove(play);
  }

  #later(ms: number): void {
    if (this.#closed) return;
    this.#timer = setTimeout(() => {
      const begun = performance.now();
      this.#look()
        .catch((error: unknown) => this.#log.warn({ err: error }, "registries were not measured"))
        .finally(() => this.#later(Math.max(LOOK, 2 * (performance.now() - begun))));
    }, ms);
  }

  /** Opens doors that were killed, and closes full registries for writing. */
  async #look(): Promise<void> {
    for (const play of readdirSync(this.#folder)) {
      const record = this.#record(play);
      if (!record || this.#closed) continue;
      const there = existsSync(`/run/netns/${record.space}`);
      if (!there) continue;
      if (processesOf(record.uid).length === 0) await this.#open(play, record);
      if (record.full) continue;
      const data = join(this.#place(play), "data");
      const { stdout } = await execa("du", ["-sx", "--block-size=1", data]);
      const bytes = Number(stdout.split("\t")[0]);
      if (bytes <= this.#maxBytes) continue;
      this.#log.warn({ play, bytes }, "a registry is full: it takes nothing more");
      if (this.#record(play)) await this.#open(play, { ...record, full: true });
    }
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }
}

/** What registries need of their host. */
export interface RegistryOptions {
  /** State of the host. */
  folder: string;
  /** What everything of this host is called. */
  prefix: string;
  cgroups: MachineCgroups;
  /** Bytes of one; 0 = the usual ones. */
  maxBytes: number;
}

/** A line of an htpasswd file: bcrypt is the only form that the registry takes, and perl has it. */
async function htpasswd(auth: string): Promise<string> {
  const colon = auth.indexOf(":");
  const salt = randomBytes(16).toString("hex").slice(0, 21);
  const program = `local $/; print crypt(<STDIN>, '$2b$08$${salt}u')`;
  const { stdout } = await execa("perl", ["-e", program], { input: auth.slice(colon + 1) });
  return `${auth.slice(0, colon)}:${stdout}\n`;
}

/** Processes of a user that only one registry has. */
function processesOf(uid: number): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const status = readFileSync(`/proc/${pid}/status`, "utf8");
        // One that ended and waits for its parent holds nothing.
        return status.includes(`\nUid:\t${uid}\t`) && !/^State:\tZ/m.test(status);
      } catch {
        return false;
      }
    });
}

async function end(uid: number): Promise<void> {
  for (let tries = 0; ; tries++) {
    const left = processesOf(uid);
    if (left.length === 0) return;
    if (tries > 300) throw new Error(`processes of a registry do not end: ${left.join(", ")}`);
    for (const pid of left)
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // Gone meanwhile.
      }
    await pause(20);
  }
}
