import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync } from "node:fs";
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
import { makeCertificates } from "@agon/testing/certificates";
import { HostProcess, here, type Place } from "@agon/testing/host-process";
import { until } from "@agon/testing/until";

/** Short hash as hostd uses it in names. */
export function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 10);
}

/** A hostd as its own process with an own arena, and a client that plays api. */
export class HostRig {
  readonly arena = `t${randomBytes(3).toString("hex")}`;
  readonly prefix = `agon-${this.arena}-host-1`;
  readonly folder = mkdtempSync(join(tmpdir(), "agon-hostd-"));
  readonly events: HostEvent[] = [];
  readonly #process: HostProcess;
  readonly #place: Place;
  #client: HostClient | undefined;
  #stream: ClientReadableStream<HostEvent> | undefined;
  #lease = 0;

  /**
   * @param microvm AGON_MICROVM of hostd; empty = a host without microVMs.
   * @param place where hostd runs, when not here.
   * @param pool AGON_POOL of hostd; most tests want to see every machine made.
   * @param more further variables of hostd.
   */
  constructor(microvm = "", place: Place = here(), pool = "0", more: Record<string, string> = {}) {
    this.#place = place;
    const own = microvm ? { AGON_MICROVM: microvm, AGON_POOL: pool } : {};
    this.#process = new HostProcess(this.arena, this.folder, place, { ...own, ...more });
  }

  /** Everything that hostd printed. */
  get output(): string {
    return this.#process.output;
  }

  /** Ports of the host's own services. */
  get ports(): { grpc: number; terminal: number } {
    return { grpc: this.#process.grpc, terminal: this.#process.terminal };
  }

  async setUp(): Promise<void> {
    await makeCertificates(this.folder, ["api", "host", "other"]);
    await this.start();
  }

  async start(): Promise<void> {
    await this.#process.start();
    this.#client = this.client("api");
    this.watch();
  }

  client(name: string): HostClient {
    const pem = (file: string) => readFileSync(join(this.folder, file));
    return new HostClient(
      `127.0.0.1:${this.#process.grpc}`,
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
    await this.#process.kill();
    this.#stream?.cancel();
    this.#client?.close();
  }

  /** Asks hostd to stop and waits until it has. */
  async stop(): Promise<void> {
    this.#stream?.cancel();
    this.#client?.close();
    await this.#process.stop();
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
    return this.terminalAt(slot.path);
  }

  /** @param path of a slot that was opened. */
  terminalAt(path: string): Terminal {
    return new Terminal(`ws://127.0.0.1:${this.#process.terminal}${path}`);
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
    const code = await until(
      "exec ends",
      () => (terminal.exit === undefined ? false : { code: terminal.exit }),
      240,
    );
    return { ...code, stdout: terminal.text, stderr: terminal.errors };
  }

  /** Waits until all of these plays run. @throws Error at once when one fails. */
  async running(plays: string[], seconds: number): Promise<void> {
    await until(
      `${plays.join(", ")} to run or fail`,
      () => plays.every((id) => ["RUNNING", "FAILED"].includes(this.playState(id) ?? "")),
      seconds,
    );
    for (const id of plays)
      if (this.playState(id) === "FAILED") throw new Error(`${id} failed:\n${this.output}`);
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
    await this.#process.remove();
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
