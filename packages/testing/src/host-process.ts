import { spawn, type ChildProcess } from "node:child_process";
import { readdirSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { until } from "./until.ts";

/** Where a hostd runs: a command that leads there, and the Docker engine that it uses ("" = the usual one). */
export interface Place {
  enter: string[];
  docker: string;
}

/** The place of the tests: this computer, with the engine that the front door chose. */
export function here(): Place {
  return { enter: [], docker: process.env["AGON_TEST_DOCKER_HOST"] ?? "" };
}

function needed(name: string): string {
  const value = process.env[name];
  if (!value)
    throw new Error(
      `${name} is not set: run ./agon test --only ROOM, or set AGON_TEST_IMAGES (JSON: image to its tag in Docker) and AGON_TEST_EXAMINER_DIR (made by examiner/build.ts)`,
    );
  return value;
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

/** A hostd as its own process, as the front door starts it: real machines on a real engine. */
export class HostProcess {
  readonly arena: string;
  /** Holds `ca.pem`, `host.pem` and `host.key`, and the state below `state`. */
  readonly folder: string;
  /** Everything that it printed. */
  output = "";
  readonly #place: Place;
  readonly #more: NodeJS.ProcessEnv;
  #ports = { grpc: 0, terminal: 0 };
  #child: ChildProcess | undefined;

  /** @param more further variables of hostd, for example AGON_MICROVM. */
  constructor(arena: string, folder: string, place: Place = here(), more: NodeJS.ProcessEnv = {}) {
    this.arena = arena;
    this.folder = folder;
    this.#place = place;
    this.#more = more;
  }

  get grpc(): number {
    return this.#ports.grpc;
  }

  get terminal(): number {
    return this.#ports.terminal;
  }

  /** Starts it, on the same ports each time, and waits until it is healthy. */
  async start(): Promise<void> {
    if (this.#ports.grpc === 0)
      this.#ports = { grpc: await freePort(), terminal: await freePort() };
    const [command, ...args] = [
      ...this.#place.enter,
      process.execPath,
      "--disable-warning=ExperimentalWarning",
      join(import.meta.dirname, "../../../hostd/src/main.ts"),
    ];
    const child = spawn(command!, args, {
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        PATH: `${process.env["PATH"]}:/usr/sbin:/sbin`,
        HOME: process.env["HOME"],
        ...(this.#place.docker ? { DOCKER_HOST: this.#place.docker } : {}),
        AGON_STATE_DIR: join(this.folder, "state"),
        AGON_ARENA_ID: this.arena,
        AGON_HOST_ID: "host-1",
        AGON_GRPC_PORT: String(this.#ports.grpc),
        AGON_TERMINAL_PORT: String(this.#ports.terminal),
        AGON_PKI: this.folder,
        AGON_IMAGES: needed("AGON_TEST_IMAGES"),
        AGON_EXAMINER_DIR: needed("AGON_TEST_EXAMINER_DIR"),
        AGON_GVISOR: process.env["AGON_TEST_GVISOR"] ?? "",
        ...this.#more,
      },
    });
    this.#child = child;
    // So that the front door can end it when this process was ended before it could.
    const notes = process.env["AGON_TEST_HOSTS"];
    if (notes) writeFileSync(join(notes, this.arena), String(child.pid));
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (part: Buffer) => (this.output += part.toString()));
    let ended = false;
    child.once("exit", () => (ended = true));
    await until("hostd is healthy", async () => {
      if (ended) return true;
      return (await fetch(`http://127.0.0.1:${this.#ports.terminal}/health`)).ok;
    });
    if (ended) throw new Error(`hostd ended:\n${this.output}`);
  }

  /** Kills it the hard way and waits until it is gone. */
  kill(): Promise<void> {
    return this.#end("SIGKILL");
  }

  /** Asks it to stop and waits until it has. */
  stop(): Promise<void> {
    return this.#end("SIGTERM");
  }

  /** Stops it and removes what is its own. What its plays left in other places is found there by tests. */
  async remove(): Promise<void> {
    await this.stop();
    const prefix = `agon-${this.arena}-host-1`;
    for (const folder of [this.folder, `/run/${prefix}`])
      rmSync(folder, { recursive: true, force: true });
    const root = "/sys/fs/cgroup";
    for (const group of [root, ...readdirSync(root).map((name) => join(root, name))])
      try {
        rmdirSync(join(group, prefix));
      } catch {
        // There was none, or a play's is still in it.
      }
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    await gone;
  }
}
