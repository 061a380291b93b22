import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Logger } from "@agon/daemon/log";
import { StartPlayRequest, type HostEvent } from "@agon/protocol/host";
import type {
  Configure,
  ExaminerCommand,
  KnownTask,
  Outputs,
  PeerChanged,
  TaskChanged,
  TaskSpec,
} from "@agon/protocol/machine";
import { TaskState, mayMove } from "@agon/protocol/task-state";
import type { Driver, MachineRef } from "./driver.ts";
import type { Journal } from "./journal.ts";

/** Milliseconds until a play that never got ready is given up (spec Q2). */
const WARM_UP = 900_000;
/** Milliseconds after the last sign of somebody in which checks keep their fast pace. */
const ATTENDED_FOR = 60_000;

/** What is on disk about a play. */
interface Saved {
  request: unknown;
  state: string;
  tasks: Record<string, { state: number; hint: string; failure: string; outputs?: Outputs }>;
  machines: Record<string, string>;
  startedAt: number;
  failed: boolean;
}

type SendCommand = (command: ExaminerCommand["command"]) => void;

/** One play on this host: its machines, and what their examiners told. */
export class Play {
  readonly id: string;
  readonly request: StartPlayRequest;
  readonly #file: string;
  readonly #saved: Saved;
  readonly #driver: Driver;
  readonly #journal: Journal;
  readonly #log: Logger;
  readonly #examiners = new Map<string, SendCommand>();
  readonly #describes = new Map<string, (json: string) => void>();
  readonly #sockets: string;
  #lastSign = Date.now() + 60_000;
  #attended = true;
  #watching: NodeJS.Timeout | undefined;
  #checking = false;
  destroyed = false;

  constructor(
    id: string,
    saved: Saved,
    options: { folder: string; sockets: string; driver: Driver; journal: Journal; log: Logger },
  ) {
    this.id = id;
    this.request = StartPlayRequest.fromJSON(saved.request);
    this.#saved = saved;
    this.#file = join(options.folder, `${id}.json`);
    this.#sockets = join(
      options.sockets,
      createHash("sha256").update(id).digest("hex").slice(0, 10),
    );
    this.#driver = options.driver;
    this.#journal = options.journal;
    this.#log = options.log.child({ play: id });
  }

  static fresh(request: StartPlayRequest): Saved {
    return {
      request: StartPlayRequest.toJSON(request),
      state: "CREATED",
      tasks: {},
      machines: {},
      startedAt: Date.now(),
      failed: false,
    };
  }

  static read(file: string): Saved {
    return JSON.parse(readFileSync(file, "utf8")) as Saved;
  }

  save(): void {
    writeFileSync(`${this.#file}.new`, JSON.stringify(this.#saved));
    renameSync(`${this.#file}.new`, this.#file);
  }

  get state(): string {
    return this.#saved.state;
  }

  /** Folder of the socket that only this machine sees. */
  socketFolder(machine: string): string {
    return join(
      this.#sockets,
      String(this.request.machines.findIndex((one) => one.name === machine)),
    );
  }

  #append(event: HostEvent["event"]): void {
    this.#journal.append(this.id, event);
  }

  #setState(state: string, reason = ""): void {
    if (this.#saved.state === state || this.destroyed) return;
    this.#saved.state = state;
    this.save();
    this.#append({ $case: "state", value: { state, reason } });
  }

  #setMachine(machine: string, state: string, message = ""): void {
    if (this.#saved.machines[machine] === state || this.destroyed) return;
    this.#saved.machines[machine] = state;
    this.save();
    this.#append({ $case: "machine", value: { machine, state, message } });
  }

  machineState(machine: string): string {
    return this.#saved.machines[machine] ?? "CREATED";
  }

  /** Brings every machine up; called at the start and again after a restart of hostd. */
  async run(): Promise<void> {
    if (this.#saved.state === "CREATED") {
      this.#append({ $case: "state", value: { state: "CREATED", reason: "" } });
      this.#setState("WARMING_UP");
    }
    this.#watching = setInterval(() => void this.#watch(), 2_000);
    await this.#startAll();
  }

  #refs(): MachineRef[] {
    const peers = this.request.machines.flatMap((machine) =>
      machine.interfaces.flatMap((one, index) => [
        ...(index === 0 ? [`${machine.name}:${one.address.split("/")[0]}`] : []),
        `${machine.name}.${one.network}:${one.address.split("/")[0]}`,
      ]),
    );
    return this.request.machines.map((spec, index) => ({
      play: this.id,
      spec,
      index,
      networks: this.request.networks,
      socketFolder: this.socketFolder(spec.name),
      peers,
    }));
  }

  async #startAll(): Promise<void> {
    this.#checking = true;
    try {
      await this.#driver.prepare(this.id, this.request.networks);
      await Promise.all(
        this.#refs().map(async (ref) => {
          if (this.machineState(ref.spec.name) === "CREATED")
            this.#setMachine(ref.spec.name, "STARTING");
          await this.#driver.start(ref);
        }),
      );
    } catch (error) {
      this.#log.error(error, "a machine could not be started");
      if (!this.destroyed && this.#saved.state !== "RUNNING")
        this.#setState("FAILED", `A machine could not be started: ${(error as Error).message}`);
    } finally {
      this.#checking = false;
    }
  }

  /** Starts machines again that ended, keeps the pace, and gives up on a play that never gets ready. */
  async #watch(): Promise<void> {
    this.#pace();
    if (this.#checking || this.destroyed || this.#saved.state === "FAILED") return;
    if (this.#saved.state !== "RUNNING" && Date.now() - this.#saved.startedAt > WARM_UP) {
      const stuck = this.request.tasks
        .filter((task) => task.kind === "init" && this.#stateOf(task.name) !== TaskState.completed)
        .map((task) => task.name);
      this.#setState(
        "FAILED",
        stuck.length
          ? `Not ready after 15 minutes; these tasks did not complete: ${stuck.join(", ")}`
          : "Not ready after 15 minutes: a machine does not answer",
      );
      return;
    }
    this.#checking = true;
    try {
      const running = await this.#driver.running(this.id);
      for (const ref of this.#refs()) {
        if (running.has(ref.spec.name) || this.destroyed) continue;
        this.#setMachine(ref.spec.name, "REBOOTING", "The machine ended and is started again.");
        await this.#driver.start(ref);
      }
    } catch (error) {
      this.#log.warn(error, "machines could not be looked at");
    } finally {
      this.#checking = false;
    }
  }

  #stateOf(task: string): number {
    return this.#saved.tasks[task]?.state ?? TaskState.none;
  }

  #spec(task: string): TaskSpec | undefined {
    return this.request.tasks.find((spec) => spec.name === task);
  }

  /** Which outputs a machine may know: those that its own templates name. */
  #peerChange(task: string, machine: string): PeerChanged {
    const named = this.request.tasks.some(
      (spec) =>
        spec.machine === machine &&
        [spec.run, spec.failcheck, spec.hintcheck, ...spec.env].some((text) =>
          text.includes(`x(.needs.${task}.`),
        ),
    );
    return {
      task,
      state: this.#stateOf(task),
      outputs: named ? this.#saved.tasks[task]?.outputs : undefined,
    };
  }

  /** An examiner connected: it gets the graph, with scripts of its own tasks only. */
  examinerConnected(machine: string, send: SendCommand): void {
    this.#examiners.set(machine, send);
    const own = (spec: TaskSpec) => spec.machine === machine;
    const bare = (spec: TaskSpec): TaskSpec => ({
      ...spec,
      run: "",
      failcheck: "",
      hintcheck: "",
      env: [],
      user: "",
      destination: "",
    });
    const known: KnownTask[] = this.request.tasks
      .filter(own)
      .filter((spec) => this.#saved.tasks[spec.name])
      .map((spec) => ({
        task: spec.name,
        ...this.#saved.tasks[spec.name]!,
        outputs: this.#saved.tasks[spec.name]!.outputs,
      }));
    const configure: Configure = {
      tasks: this.request.tasks.map((spec) => (own(spec) ? spec : bare(spec))),
      machine,
      labUser: this.request.machines.find((one) => one.name === machine)?.defaultUser || "laborant",
      peers: this.request.tasks
        .filter((spec) => !own(spec))
        .map((spec) => this.#peerChange(spec.name, machine)),
      attended: this.#attended,
      known,
      frozen: this.#saved.failed,
      authorView: this.request.authorView,
    };
    send({ $case: "configure", value: configure });
    this.#setMachine(machine, "RUNNING");
    this.#maybeReady();
  }

  examinerGone(machine: string, send: SendCommand): void {
    if (this.#examiners.get(machine) === send) this.#examiners.delete(machine);
  }

  #maybeReady(): void {
    if (this.#saved.state !== "WARMING_UP") return;
    const ready =
      this.request.machines.every((machine) => this.machineState(machine.name) === "RUNNING") &&
      this.request.tasks.every(
        (task) => task.kind !== "init" || this.#stateOf(task.name) === TaskState.completed,
      );
    if (ready) this.#setState("RUNNING");
  }

  /** Takes a change that a machine's examiner told; refuses what cannot be true. */
  taskChanged(machine: string, change: TaskChanged): void {
    const spec = this.#spec(change.task);
    const known = this.#stateOf(change.task);
    const open = spec?.needs.filter((need) => this.#stateOf(need) !== TaskState.completed) ?? [];
    let why = "";
    if (!spec || spec.machine !== machine) why = "the task is not of this machine";
    else if (![10, 20, 30, 35, 40].includes(change.state)) why = "there is no such state";
    else if (change.state >= TaskState.running && open.length)
      why = `its needs are open: ${open.join(", ")}`;
    else if (spec.kind === "helper" && change.state >= TaskState.failed)
      why = "a helper never ends";
    if (why) {
      this.#log.warn({ machine, task: change.task, state: change.state, why }, "refused event");
      this.#examiners.get(machine)?.({ $case: "ack", value: { version: change.version } });
      return;
    }
    const before = this.#saved.tasks[change.task];
    const moved = mayMove(known, change.state);
    const told =
      before !== undefined &&
      known === change.state &&
      known < TaskState.failed &&
      (before.hint !== change.hint || before.failure !== change.failure);
    if (moved || told) {
      this.#saved.tasks[change.task] = {
        state: change.state,
        hint: change.hint.slice(0, 65_536),
        failure: change.failure.slice(0, 65_536),
        outputs: change.outputs ?? before?.outputs,
      };
      this.save();
      // Outputs stay where they run: the log gets states, hints and failures only.
      this.#append({
        $case: "task",
        value: { machine, changed: { ...change, outputs: undefined } },
      });
    }
    this.#examiners.get(machine)?.({ $case: "ack", value: { version: change.version } });
    if (!moved) return;
    for (const [other, send] of this.#examiners)
      if (other !== machine)
        send({ $case: "peerChanged", value: this.#peerChange(change.task, other) });
    if (change.state === TaskState.failed) {
      this.#saved.failed = true;
      this.save();
      for (const send of this.#examiners.values()) send({ $case: "freeze", value: {} });
    }
    this.#maybeReady();
  }

  /** Hands an input to the machine of its task. @throws when that machine is away. */
  submit(task: string, value: Uint8Array, destination: string): void {
    const spec = this.#spec(task);
    if (!spec) throw new Error(`there is no task ${task}`);
    const send = this.#examiners.get(spec.machine);
    if (!send) throw new Error(`machine ${spec.machine} does not answer now`);
    send({
      $case: "submitInput",
      value: { task, value: Buffer.from(value), destination: destination || spec.destination },
    });
  }

  /** Author view of all tasks: what machines answered within 5 s. */
  async describe(): Promise<unknown[]> {
    const answers = await Promise.all(
      [...this.#examiners].map(
        ([machine, send]) =>
          new Promise<unknown[]>((resolve) => {
            const request = `${machine}-${Math.random().toString(36).slice(2)}`;
            const timer = setTimeout(() => done("[]"), 5_000);
            const done = (json: string) => {
              clearTimeout(timer);
              this.#describes.delete(request);
              resolve(JSON.parse(json) as unknown[]);
            };
            this.#describes.set(request, done);
            send({ $case: "describe", value: { request } });
          }),
      ),
    );
    return answers.flat();
  }

  described(request: string, json: string): void {
    this.#describes.get(request)?.(json);
  }

  /** Somebody is there: a terminal or an exec is open, or was a moment ago. */
  sign(): void {
    this.#lastSign = Date.now();
    this.#pace();
  }

  #pace(): void {
    const attended = this.request.keepAttended || Date.now() - this.#lastSign < ATTENDED_FOR;
    if (attended === this.#attended) return;
    this.#attended = attended;
    for (const send of this.#examiners.values()) send({ $case: "attended", value: { attended } });
  }

  /** Removes machines, networks and files. */
  async destroy(): Promise<void> {
    this.#setState("DESTROYED");
    this.destroyed = true;
    clearInterval(this.#watching);
    await this.#driver.destroy(this.id);
    rmSync(this.#file, { force: true });
    rmSync(this.#sockets, { recursive: true, force: true });
  }

  /** Stops looking after it; the machines go on. */
  leave(): void {
    clearInterval(this.#watching);
  }

  makeFolders(): void {
    for (const machine of this.request.machines)
      mkdirSync(this.socketFolder(machine.name), { recursive: true, mode: 0o700 });
  }
}
