import { randomBytes } from "node:crypto";
import { EventEmitter, once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { WebSocket } from "ws";
import { credentials, type ClientReadableStream } from "@grpc/grpc-js";
import {
  HostClient,
  MachineSpec,
  StartPlayRequest,
  type HostEvent,
  type OpenSlotReply,
} from "@agon/protocol/host";
import { TaskSpec } from "@agon/protocol/machine";
import { TaskState } from "@agon/protocol/task-state";
import { makeCertificates } from "@agon/testing/certificates";
import { here, HostProcess } from "@agon/testing/host-process";
import { until } from "@agon/testing/until";

/** What hostd tells of a machine's start in its log. Milliseconds. */
export interface Started {
  play: string;
  /** restore, claim (from the pool) or boot. */
  kind: string;
  /** From the request to the machine's first answer, its turn in the queue included. */
  answered: number;
  /** The call that renews the machine's identity. */
  renewal: number;
}

/** What hostd takes of an exec begins with a byte: 0 is input, 3 its end. */
const INPUT = 0;
const END = 3;
const line = (text: string) => Buffer.concat([Buffer.of(INPUT), Buffer.from(`${text}\n`)]);
/** Milliseconds by which the second task of each pair comes later: all of them reach over a whole checkpoint. */
const LATER = 30;
/** Milliseconds after a pair of tasks, until its checkpoints are taken. */
const REST = 1_500;

/** A host of its own, without an arena: the engine and nothing else. */
export class EngineHost implements AsyncDisposable {
  readonly prefix: string;
  readonly #folder = mkdtempSync(join(tmpdir(), "agon-bench-"));
  readonly #process: HostProcess;
  readonly #events: HostEvent[] = [];
  /** When each task was told to be completed, by play and task: `performance.now()`. */
  readonly #completed = new Map<string, number>();
  readonly #looks = new EventEmitter();
  #spec: StartPlayRequest | undefined;
  #client: HostClient | undefined;
  #stream: ClientReadableStream<HostEvent> | undefined;

  private constructor(microvm: string) {
    const arena = `b${randomBytes(3).toString("hex")}`;
    this.prefix = `agon-${arena}-host-1`;
    this.#process = new HostProcess(arena, this.#folder, here(), {
      AGON_MICROVM: microvm,
      // Every machine is to be made while it is watched.
      AGON_POOL: "0",
      AGON_MAX_PLAYS: "60",
    });
  }

  /** @param templates folder of templates, when not the usual one. */
  static async open(templates?: string): Promise<EngineHost> {
    const given = JSON.parse(process.env["AGON_BENCH_MICROVM"] ?? "null") as object | null;
    if (!given) throw new Error("This is started by ./agon bench engine");
    const host = new EngineHost(JSON.stringify({ ...given, ...(templates && { templates }) }));
    await makeCertificates(host.#folder, ["api", "host"]);
    await host.#process.start();
    const pem = (file: string) => readFileSync(join(host.#folder, file));
    const client = new HostClient(
      `127.0.0.1:${host.#process.grpc}`,
      credentials.createSsl(pem("ca.pem"), pem("api.key"), pem("api.pem")),
    );
    host.#client = client;
    host.#stream = client.watch({ after: 0, leaseEpoch: 1 });
    host.#stream.on("data", (event: HostEvent) => host.#take(event));
    host.#stream.on("error", () => undefined);
    return host;
  }

  #take(told: HostEvent): void {
    this.#events.push(told);
    if (told.event?.$case !== "task") return;
    const { task, state } = told.event.value.changed!;
    if (state !== TaskState.completed) return;
    this.#completed.set(`${told.play}/${task}`, performance.now());
    this.#looks.emit("completed");
  }

  #state(play: string): string {
    let state = "";
    for (const { play: owner, event } of this.#events)
      if (owner === play && event?.$case === "state") state = event.value.state;
    return state;
  }

  /**
   * Starts a play of one machine and waits until it runs.
   * @param options.tasks how many there are: a line to the pipe /run/task-N completes the one with that number,
   * from 0 on.
   * @throws when it fails.
   */
  async start(play: string, { armed = false, noSsh = false, tasks = 0 } = {}): Promise<void> {
    const machine = MachineSpec.fromPartial({
      name: "m0",
      image: "debian-12",
      backend: "microvm",
      defaultUser: "laborant",
      users: ["laborant", "root"],
      noSsh,
      cpuCount: 1,
      memoryBytes: 512 * 2 ** 20,
      interfaces: [{ network: "local", address: "172.16.0.10/24", mac: "" }],
    });
    const networks = [{ name: "local", subnet: "172.16.0.0/24", gateway: "172.16.0.1" }];
    this.#spec = StartPlayRequest.fromPartial({
      play,
      machines: [machine],
      networks,
      armed,
      tasks: Array.from({ length: tasks }, (_, n) =>
        TaskSpec.fromPartial({
          name: `task_${n}`,
          machine: machine.name,
          kind: "regular",
          // It waits for its line: how often tasks are looked at is no part of what is measured.
          run: `mkfifo /run/task-${n} 2>/dev/null; read -r _ < /run/task-${n}`,
          timeoutSeconds: 600,
        }),
      ),
    });
    await this.#ask("startPlay", this.#spec);
    await this.#runs(play);
  }

  #ask(method: "startPlay" | "forkPlay" | "stopPlay" | "restartPlay", request: object) {
    const client = this.#client as unknown as Record<
      string,
      (request: object, answered: (error: Error | null) => void) => void
    >;
    return new Promise<void>((resolve, reject) =>
      client[method]!.call(client, request, (error) => (error ? reject(error) : resolve())),
    );
  }

  async #runs(play: string): Promise<void> {
    await until(`${play} runs`, () => ["RUNNING", "FAILED"].includes(this.#state(play)), 600);
    if (this.#state(play) === "FAILED") throw new Error(`${play} failed:\n${this.#process.output}`);
  }

  /** Stops the play that was started last, with its memory. @returns what hostd needed for it, in ms. */
  async suspend(play: string): Promise<number> {
    await this.#ask("stopPlay", { play, memory: true });
    await until(`${play} rests`, () => this.#state(play) === "STOPPED", 120);
    return this.#lines<{ ms: number }>("microVMs suspended").at(-1)!.ms;
  }

  /** Lets a suspended play go on. @returns ms until its machine answered. */
  async resume(play: string): Promise<number> {
    await this.#ask("restartPlay", { play });
    await this.#runs(play);
    const { kind, answered } = this.#lines<Started>("microVM started").findLast(
      (line) => line.play === play,
    )!;
    if (kind !== "resume")
      throw new Error(`${play} did not go on from its memory but by a ${kind}`);
    return answered;
  }

  /** Has a machine reboot from inside and waits until it called. @returns what hostd told of it, in ms. */
  async reboot(play: string): Promise<{ ms: number; coldBootMs: number }> {
    const before = this.#lines("machine rebooted").length;
    await this.#does(play, "systemctl reboot", () =>
      until(`${play} rebooted`, () => this.#lines("machine rebooted").length > before, 300),
    );
    return this.#lines<{ ms: number; coldBootMs: number }>("machine rebooted").at(-1)!;
  }

  /** Opens a shell of root in a play's machine that runs the lines it is sent. */
  async #shell(play: string): Promise<WebSocket> {
    const { path } = await new Promise<OpenSlotReply>((resolve, reject) =>
      this.#client!.openSlot(
        { play, machine: "m0", user: "root", exec: true, session: "" },
        (error, reply) => (error ? reject(error) : resolve(reply)),
      ),
    );
    const socket = new WebSocket(`ws://127.0.0.1:${this.#process.terminal}${path}`);
    await once(socket, "open");
    return socket;
  }

  /** Runs a script as root in a play's machine until something came of it. */
  async #does(play: string, script: string, done: () => Promise<unknown>): Promise<void> {
    const socket = await this.#shell(play);
    try {
      socket.send(line(script));
      socket.send(Buffer.of(END));
      await done();
    } finally {
      socket.terminate();
    }
  }

  /** Has a task completed. @returns ms from the line that does it until a watcher of the host was told. */
  async #completes(shell: WebSocket, play: string, task: number): Promise<number> {
    const at = () => this.#completed.get(`${play}/task_${task}`);
    const limit = AbortSignal.timeout(60_000);
    const from = performance.now();
    shell.send(line(`echo > /run/task-${task}`));
    while (at() === undefined) await once(this.#looks, "completed", { signal: limit });
    return at()! - from;
  }

  /**
   * Has tasks of a play completed two by two, the second a while after the first was told: none at first, then
   * longer by each pair. If the play is armed, the first one's checkpoint is taken and brought to the disk
   * meanwhile.
   * @returns ms until the second was told, for each pair.
   */
  async completePairs(play: string, pairs: number): Promise<number[]> {
    const shell = await this.#shell(play);
    const taken: number[] = [];
    try {
      for (let n = 0; n < pairs; n++) {
        await this.#completes(shell, play, 2 * n);
        await pause(n * LATER);
        taken.push(await this.#completes(shell, play, 2 * n + 1));
        await pause(REST);
      }
    } finally {
      shell.terminate();
    }
    return taken;
  }

  /**
   * Completes a task of an armed play.
   * @returns the checkpoint that is taken then, ms that its machine stood still for it, and MiB on disk
   * of it and of the machine's memory.
   */
  async checkpoint(
    play: string,
    task: number,
  ): Promise<{ id: string; pausedMs: number; mib: number; memoryMib: number }> {
    const told = () =>
      this.#events.flatMap(({ play: owner, event }) =>
        owner === play && event?.$case === "checkpoint" && event.value.task === `task_${task}`
          ? [event.value]
          : [],
      )[0];
    await this.#does(play, `echo > /run/task-${task}`, () =>
      until(`a checkpoint of ${play}`, () => told(), 120),
    );
    const { id, missed } = told()!;
    if (missed) throw new Error(`${play} has no checkpoint: ${missed}`);
    const { pausedMs } = this.#lines<{ pausedMs: number }>("microVMs copied").at(-1)!;
    const machines = join(this.#folder, "state/microvms");
    const machine = readdirSync(machines)
      .map((name) => join(machines, name))
      .find((folder) => existsSync(join(folder, "checkpoints", id)))!;
    const folder = join(machine, "checkpoints", id);
    const mibOf = (file: string) => statSync(file).blocks / 2048;
    let mib = 0;
    for (const name of readdirSync(folder)) mib += mibOf(join(folder, name));
    return { id, pausedMs, mib, memoryMib: mibOf(join(machine, "memory")) };
  }

  /** Goes back to a checkpoint of the play that was started last. @returns ms until the play runs. */
  async goBack(from: string, checkpoint: string, to: string): Promise<number> {
    const begun = performance.now();
    await this.#ask("forkPlay", { spec: { ...this.#spec, play: to }, from, checkpoint });
    await this.#runs(to);
    return performance.now() - begun;
  }

  /** Copies the play that was started last while it runs. @returns ms that its machine stood still. */
  async fork(from: string, to: string): Promise<number> {
    await this.goBack(from, "", to);
    return this.#lines<{ pausedMs: number }>("microVMs copied").at(-1)!.pausedMs;
  }

  /** Destroys a play. @returns the milliseconds that it took. */
  async destroy(play: string): Promise<number> {
    const from = performance.now();
    await new Promise<void>((resolve, reject) =>
      this.#client!.destroyPlay({ play }, (error) => (error ? reject(error) : resolve())),
    );
    return performance.now() - from;
  }

  #lines<Line>(message: string): Line[] {
    return this.#process.output
      .split("\n")
      .filter((line) => line.includes(`"msg":"${message}"`))
      .map((line) => JSON.parse(line) as Line);
  }

  /** What is told of the start of this play's machine. */
  started(play: string): Started {
    const found = this.#lines<Started>("microVM started").find((line) => line.play === play);
    if (!found) throw new Error(`hostd tells nothing of the start of ${play}`);
    return found;
  }

  /** Milliseconds of the cold boots of the templates that this host made, until both daemons had called. */
  coldBoots(): number[] {
    return this.#lines<{ coldBootMs: number }>("template made").map((line) => line.coldBootMs);
  }

  /** Processes of this host's virtual machines. */
  machines(): number[] {
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .filter((pid) => {
        try {
          const line = readFileSync(`/proc/${pid}/cmdline`, "utf8");
          return line.startsWith("qemu-system") && line.includes(`/run/${this.prefix}/`);
        } catch {
          return false;
        }
      });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const plays = new Set(this.#events.map(({ play }) => play));
    for (const play of plays) await this.destroy(play).catch(() => undefined);
    this.#stream?.cancel();
    this.#client?.close();
    await this.#process.remove();
  }
}

/** Proportional set size of a process in MiB: its own memory, and its part of what it shares. */
export function pssMiB(pid: number): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  return Number(/^Pss:\s+(\d+)/m.exec(text)![1]) / 1024;
}
