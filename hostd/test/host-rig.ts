import { spawn, type ChildProcess } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { credentials, type ClientReadableStream } from "@grpc/grpc-js";
import { execa } from "execa";
import { WebSocket } from "ws";
import {
  HostClient,
  MachineSpec,
  StartPlayRequest,
  type HostEvent,
  type OpenSlotReply,
} from "@agon/protocol/host";
import { TaskSpec } from "@agon/protocol/machine";

function needed(name: string): string {
  const value = process.env[name];
  if (!value)
    throw new Error(
      `${name} is not set: run ./agon test --only hostd, or set AGON_TEST_IMAGE (a Docker tag) and AGON_TEST_EXAMINER_DIR (made by examiner/build.ts)`,
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

/** Polls until `look` gives something; machines share two cores, so the limit is generous. */
export async function until<T>(
  what: string,
  look: () => T | undefined | false | Promise<T | undefined | false>,
  seconds = 90,
): Promise<T> {
  const end = Date.now() + seconds * 1_000;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > end) throw new Error(`${what}: not within ${seconds} s`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Short hash as hostd uses it in names. */
export function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 10);
}

/** Arguments of openssl for a key of the tests' authority. */
const KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

async function makePki(folder: string): Promise<void> {
  const at = (name: string) => join(folder, name);
  const ssl = (...args: string[]) => execa("openssl", args);
  await ssl(
    "req",
    "-x509",
    ...KEY,
    "-days",
    "2",
    "-subj",
    "/CN=agon",
    "-keyout",
    at("ca.key"),
    "-out",
    at("ca.pem"),
  );
  const names = at("names");
  await execa("sh", ["-c", `echo subjectAltName=DNS:localhost,IP:127.0.0.1 > ${names}`]);
  for (const name of ["api", "host", "other"]) {
    const csr = at(`${name}.csr`);
    await ssl("req", ...KEY, "-subj", `/CN=${name}`, "-keyout", at(`${name}.key`), "-out", csr);
    await ssl(
      "x509",
      "-req",
      "-in",
      csr,
      "-CA",
      at("ca.pem"),
      "-CAkey",
      at("ca.key"),
      "-CAcreateserial",
      "-days",
      "2",
      "-extfile",
      names,
      "-out",
      at(`${name}.pem`),
    );
  }
}

/** Where a hostd runs: a command that leads there, and the Docker engine that it uses. */
export interface Place {
  enter: string[];
  docker: string;
}

/** A hostd as its own process with an own arena, and a client that plays api. */
export class HostRig {
  readonly arena = `t${randomBytes(3).toString("hex")}`;
  readonly prefix = `agon-${this.arena}-host-1`;
  readonly folder = mkdtempSync(join(tmpdir(), "agon-hostd-"));
  readonly events: HostEvent[] = [];
  output = "";
  #child: ChildProcess | undefined;
  #ports = { grpc: 0, terminal: 0 };
  #client: HostClient | undefined;
  #stream: ClientReadableStream<HostEvent> | undefined;
  #lease = 0;
  readonly #microvm: string;
  readonly #place: Place;

  /**
   * @param microvm AGON_MICROVM of hostd; empty = a host without microVMs.
   * @param place where hostd runs, when not here.
   */
  constructor(
    microvm = "",
    place: Place = { enter: [], docker: process.env["AGON_TEST_DOCKER_HOST"] ?? "" },
  ) {
    this.#microvm = microvm;
    this.#place = place;
  }

  async setUp(): Promise<void> {
    needed("AGON_TEST_IMAGE");
    needed("AGON_TEST_EXAMINER_DIR");
    await makePki(this.folder);
    this.#ports = { grpc: await freePort(), terminal: await freePort() };
    await this.start();
  }

  async start(): Promise<void> {
    const engine = this.#place.docker;
    const [command, ...args] = [
      ...this.#place.enter,
      process.execPath,
      "--disable-warning=ExperimentalWarning",
      join(import.meta.dirname, "../src/main.ts"),
    ];
    this.#child = spawn(command!, args, {
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        PATH: `${process.env["PATH"]}:/usr/sbin:/sbin`,
        HOME: process.env["HOME"],
        ...(engine ? { DOCKER_HOST: engine } : {}),
        AGON_STATE_DIR: join(this.folder, "state"),
        AGON_ARENA_ID: this.arena,
        AGON_HOST_ID: "host-1",
        AGON_GRPC_PORT: String(this.#ports.grpc),
        AGON_TERMINAL_PORT: String(this.#ports.terminal),
        AGON_PKI: this.folder,
        AGON_IMAGES: JSON.stringify({ "debian-12": needed("AGON_TEST_IMAGE") }),
        AGON_EXAMINER_DIR: needed("AGON_TEST_EXAMINER_DIR"),
        ...(this.#microvm ? { AGON_MICROVM: this.#microvm } : {}),
      },
    });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.on("data", (part: Buffer) => (this.output += part.toString()));
    await until("hostd is healthy", async () => {
      if (this.#child?.exitCode !== null) throw new Error(`hostd ended:\n${this.output}`);
      const answer = await fetch(`http://127.0.0.1:${this.#ports.terminal}/health`).catch(
        () => undefined,
      );
      return answer?.ok;
    });
    this.#client = this.client("api");
    this.watch();
  }

  client(name: string): HostClient {
    const pem = (file: string) => readFileSync(join(this.folder, file));
    return new HostClient(
      `127.0.0.1:${this.#ports.grpc}`,
      credentials.createSsl(pem("ca.pem"), pem(`${name}.key`), pem(`${name}.pem`)),
    );
  }

  watch(): void {
    const stream = this.#client!.watch({
      after: this.events.at(-1)?.n ?? 0,
      leaseEpoch: ++this.#lease,
    });
    stream.on("data", (event: HostEvent) => this.events.push(event));
    stream.on("error", () => undefined);
    this.#stream = stream;
  }

  /** Kills hostd the hard way and waits until it is gone. */
  async kill(): Promise<void> {
    const child = this.#child!;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await gone;
    this.#stream?.cancel();
    this.#client?.close();
  }

  /** Calls one method of the host. */
  call<Reply>(method: string, request: object, client = this.#client!): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const methods = client as unknown as Record<
        string,
        (request: object, callback: (error: Error | null, reply: Reply) => void) => void
      >;
      methods[method]!.call(client, request, (error, reply) =>
        error ? reject(error) : resolve(reply),
      );
    });
  }

  stateOf(play: string, task: string): number {
    let state = 0;
    for (const { play: owner, event } of this.events)
      if (owner === play && event?.$case === "task" && event.value.changed?.task === task)
        state = event.value.changed.state;
    return state;
  }

  playState(play: string): string {
    let state = "";
    for (const { play: owner, event } of this.events)
      if (owner === play && event?.$case === "state") state = event.value.state;
    return state;
  }

  machineStates(play: string, machine: string): string[] {
    return this.events.flatMap(({ play: owner, event }) =>
      owner === play && event?.$case === "machine" && event.value.machine === machine
        ? [event.value.state]
        : [],
    );
  }

  async terminal(
    play: string,
    machine: string,
    options: { exec?: boolean; session?: string } = {},
  ): Promise<Terminal> {
    const slot = await this.call<OpenSlotReply>("openSlot", {
      play,
      machine,
      user: "",
      exec: options.exec ?? false,
      session: options.session ?? "",
    });
    return new Terminal(`ws://127.0.0.1:${this.#ports.terminal}${slot.path}`);
  }

  /** Runs a script through an exec slot. */
  async exec(
    play: string,
    machine: string,
    script: string,
  ): Promise<{ code: number; stdout: string; stderr: string }> {
    const terminal = await this.terminal(play, machine, { exec: true });
    await terminal.opened;
    terminal.write(script);
    terminal.send(3);
    const code = await until("exec ends", () =>
      terminal.exit === undefined ? false : { code: terminal.exit },
    );
    return { ...code, stdout: terminal.text, stderr: terminal.errors };
  }

  /** Everything in Docker, the kernel and /run that carries this arena's name. */
  async left(): Promise<string> {
    const { docker: engine, enter } = this.#place;
    const docker = engine ? ["-H", engine] : [];
    const [shell, ...rest] = [...enter, "sh", "-c"];
    const [containers, spaces, groups] = await Promise.all([
      execa("docker", [...docker, "ps", "-aq", "--filter", `label=agon.arena=${this.arena}`]),
      execa("sh", ["-c", `ip netns list | grep ${this.prefix} || true`]),
      execa(shell!, [
        ...rest,
        `ls -d /sys/fs/cgroup/*/${this.prefix}/*/ /sys/fs/cgroup/${this.prefix}/*/ /run/${this.prefix}/* 2>/dev/null || true`,
      ]),
    ]);
    return [containers.stdout, spaces.stdout, groups.stdout].join("\n").trim();
  }

  async tearDown(): Promise<void> {
    const plays = new Set(this.events.map(({ play }) => play));
    for (const play of plays) await this.call("destroyPlay", { play }).catch(() => undefined);
    this.#stream?.cancel();
    this.#client?.close();
    this.#child?.kill("SIGTERM");
    await until("hostd ends", () => this.#child === undefined || this.#child.exitCode !== null);
    rmSync(this.folder, { recursive: true, force: true });
    rmSync(`/run/${this.prefix}`, { recursive: true, force: true });
    await execa("sh", ["-c", `rmdir /sys/fs/cgroup/*/${this.prefix} 2>/dev/null || true`]);
  }
}

/** A browser's end of a terminal, or a bot's end of an exec. */
export class Terminal {
  readonly socket: WebSocket;
  readonly opened: Promise<void>;
  readonly controls: { type: string; code?: number }[] = [];
  text = "";
  errors = "";
  closed = false;

  constructor(url: string) {
    this.socket = new WebSocket(url);
    this.opened = new Promise((resolve, reject) => {
      this.socket.once("open", resolve);
      this.socket.once("error", reject);
    });
    this.socket.on("error", () => undefined);
    this.socket.on("close", () => (this.closed = true));
    this.socket.on("message", (raw: Buffer) => {
      const body = raw.subarray(1);
      if (raw[0] === 2) return void this.controls.push(JSON.parse(body.toString()));
      if (raw[0] === 0) this.text += body.toString();
      else this.errors += body.toString();
      const ack = Buffer.alloc(4);
      ack.writeUInt32BE(body.length);
      this.send(2, ack);
    });
  }

  get exit(): number | undefined {
    return this.controls.find(({ type }) => type === "exit")?.code;
  }

  send(type: number, body: Uint8Array = Buffer.alloc(0)): void {
    this.socket.send(Buffer.concat([Buffer.of(type), body]));
  }

  write(text: string): void {
    this.send(0, Buffer.from(text));
  }

  /** Asks the shell for its pid. */
  async pid(mark: string): Promise<string> {
    this.write(`echo "${mark}=$$"\n`);
    return until("the shell's pid", () => new RegExp(`${mark}=(\\d+)`).exec(this.text)?.[1]);
  }
}

/** A machine of a play for tests. */
export function machine(
  name: string,
  address: string,
  rest: Partial<MachineSpec> = {},
): MachineSpec {
  return MachineSpec.fromPartial({
    name,
    image: "debian-12",
    defaultUser: "laborant",
    users: ["laborant", "root"],
    cpuCount: 1,
    memoryBytes: 512 * 1024 * 1024,
    interfaces: address ? [{ network: "local", address, mac: "" }] : [],
    ...rest,
  });
}

/** A task for tests. */
export function task(
  name: string,
  machine: string,
  run: string,
  rest: Partial<TaskSpec> = {},
): TaskSpec {
  return TaskSpec.fromPartial({ name, machine, kind: "regular", run, timeoutSeconds: 30, ...rest });
}

/** A play with one network. */
export function play(
  id: string,
  machines: MachineSpec[],
  tasks: TaskSpec[] = [],
): StartPlayRequest {
  return StartPlayRequest.fromPartial({
    play: id,
    machines,
    tasks,
    networks: [{ name: "local", subnet: "172.16.0.0/24", gateway: "172.16.0.1" }],
    keepAttended: true,
  });
}
