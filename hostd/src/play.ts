import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Logger } from "@agon/daemon/log";
import { StartPlayRequest, type UpdateTasksReply } from "@agon/protocol/host";
import { KnownTask, type Configure, type TaskChanged, type TaskSpec } from "@agon/protocol/machine";
import { TaskState } from "@agon/protocol/task-state";
import { readIfThere, writeWhole } from "./disk.ts";
import type { MachinePlace, MachineUsage } from "./driver.ts";
import type { Drivers } from "./drivers.ts";
import { hostNames } from "./host-names.ts";
import type { Journal } from "./journal.ts";
import { MachineChannel } from "./machine-channel.ts";
import { shortHash } from "./names.ts";
import { diffTasks } from "./task-diff.ts";
import { TaskLedger } from "./task-ledger.ts";
import { MachineTerminals } from "./terminals.ts";

/** Milliseconds until init tasks must be completed. */
const WARM_UP = 15 * 60_000;
/** Milliseconds that a play stays attended after the last terminal closed. */
const ATTENDED = 60_000;
/** Starts of a machine that may fail one after the other. */
const START_ATTEMPTS = 8;
/** Bytes of an input of a learner at most. */
const INPUT_BYTES = 4_096;

/** What plays need of their host. */
export interface PlayHost {
  drivers: Drivers;
  journal: Journal;
  log: Logger;
  /** Folder of all plays' states. */
  folder: string;
  /** Short folder for sockets: their paths are bounded to 108 bytes. */
  socketFolder: string;
}

/** What must outlive a restart of hostd, besides the spec. */
interface PlayRecord {
  state: string;
  startedAt: number;
  ending: boolean;
  /** Its machines were removed for good, though the play is still told of. */
  dead?: boolean;
  machines: Record<string, { prepared: boolean; state: string }>;
  tasks: Record<string, KnownTask>;
  /** The newest change of its graph that is in the journal. */
  graphTold?: number;
}

/** A machine of a play with its channel and terminals. */
interface Member {
  place: MachinePlace;
  channel: MachineChannel;
  terminals: MachineTerminals;
  /** Started and plugged, and not known to have ended. */
  up: boolean;
}

/** One play: keeps its machines running, judges what they report, and stores it. */
export class Play {
  readonly id: string;
  readonly spec: StartPlayRequest;
  readonly #host: PlayHost;
  readonly #log: Logger;
  readonly #folder: string;
  readonly #record: PlayRecord;
  readonly #ledger: TaskLedger;
  readonly #members = new Map<string, Member>();
  readonly #running: Promise<void>[] = [];
  #stopped = false;
  #attended: boolean;
  #lastThere = 0;
  #attendTimer: NodeJS.Timeout | undefined;
  #warmUpTimer: NodeJS.Timeout | undefined;
  #destroying: Promise<void> | undefined;

  private constructor(host: PlayHost, spec: StartPlayRequest, record: PlayRecord) {
    this.id = spec.play;
    this.spec = spec;
    this.#host = host;
    this.#log = host.log.child({ play: spec.play });
    this.#folder = join(host.folder, spec.play);
    this.#record = record;
    this.#ledger = new TaskLedger(
      spec.tasks,
      spec.machines.map(({ name }) => name),
      record.tasks,
    );
    this.#attended = spec.keepAttended;
    for (const [index, machine] of spec.machines.entries()) {
      const socketDir = join(host.socketFolder, shortHash(`${spec.play}/${machine.name}`));
      const log = this.#log.child({ machine: machine.name });
      const name = machine.name;
      const channel: MachineChannel = new MachineChannel(
        socketDir,
        {
          configure: () => this.#configure(name),
          connected: () => void this.#calledHome(name),
          taskChanged: (changed) => this.#taskChanged(name, changed),
          input: ({ task, value }) => this.#forward(name, task, Buffer.from(value)),
          terminalsConnected: () => undefined,
          terminalsMessage: (message) => terminals.message(message),
        },
        log,
      );
      const terminals: MachineTerminals = new MachineTerminals(
        name,
        (command) => channel.tellTerminals(command),
        () => this.#attend(),
      );
      const place: MachinePlace = {
        play: spec.play,
        index,
        machine,
        networks: spec.networks,
        hosts: hostNames(spec.machines, machine),
        socketDir,
      };
      this.#members.set(name, { place, channel, terminals, up: false });
    }
  }

  /** A new play: on disk before anything of it is made. */
  static create(host: PlayHost, spec: StartPlayRequest): Play {
    const folder = join(host.folder, spec.play);
    const machines: PlayRecord["machines"] = {};
    for (const { name } of spec.machines) machines[name] = { prepared: false, state: "" };
    const record: PlayRecord = {
      state: "",
      startedAt: Date.now(),
      ending: false,
      machines,
      tasks: {},
    };
    mkdirSync(folder, { recursive: true });
    writeWhole(join(folder, "state.json"), JSON.stringify(record));
    writeWhole(join(folder, "spec.json"), JSON.stringify(StartPlayRequest.toJSON(spec)));
    return new Play(host, spec, record);
  }

  /** A play of an earlier hostd, or undefined when its folder is not complete: then nothing was made of it. */
  static load(host: PlayHost, play: string): Play | undefined {
    const folder = join(host.folder, play);
    const spec = readIfThere(join(folder, "spec.json"));
    const state = readIfThere(join(folder, "state.json"));
    if (!spec || !state) return undefined;
    const record = JSON.parse(state) as PlayRecord;
    for (const [name, task] of Object.entries(record.tasks))
      record.tasks[name] = KnownTask.fromJSON(task);
    const loaded = new Play(host, StartPlayRequest.fromJSON(JSON.parse(spec)), record);
    // What the journal has and a crash kept from the state.
    for (const { play: owner, event } of host.journal.events)
      if (owner === play && event?.$case === "task" && event.value.changed)
        loaded.#ledger.apply(event.value.changed);
    return loaded;
  }

  get state(): string {
    return this.#record.state;
  }

  /** The play was being destroyed when hostd ended. */
  get ending(): boolean {
    return this.#record.ending;
  }

  #save(): void {
    if (existsSync(this.#folder))
      writeWhole(join(this.#folder, "state.json"), JSON.stringify(this.#record));
  }

  /** Listens on the machines' sockets, then starts or adopts the machines. */
  async begin(): Promise<void> {
    if (this.#record.dead) return this.#bury();
    for (const { channel } of this.#members.values()) await channel.listen();
    if (this.#record.state === "") await this.#setState("CREATED", "");
    await this.#tellGraph();
    const warm = this.#record.startedAt + WARM_UP - Date.now();
    if (this.#record.state !== "RUNNING" && this.#record.state !== "FAILED")
      this.#warmUpTimer = setTimeout(() => this.#tooSlow(), Math.max(0, warm));
    for (const [name, member] of this.#members) this.#running.push(this.#keep(name, member));
  }

  /** Prepares a machine once, then keeps it running until the play ends. */
  async #keep(name: string, member: Member): Promise<void> {
    const record = this.#record.machines[name]!;
    try {
      const driver = this.#host.drivers.find(member.place.machine);
      if (!driver) throw new Error(`this host has no backend ${member.place.machine.backend}`);
      if (!record.prepared) {
        if (record.state === "") await this.#machineState(name, "CREATED", "");
        await driver.prepare(member.place);
        record.prepared = true;
        this.#save();
      }
      if (record.state === "CREATED") await this.#machineState(name, "STARTING", "");
      member.terminals.machineState(record.state);
      for (let failures = 0; !this.#stopped;) {
        try {
          await driver.start(member.place);
          failures = 0;
        } catch (error) {
          if (this.#stopped) return;
          if (++failures >= START_ATTEMPTS) throw error;
          this.#log.warn({ err: error, machine: name, failures }, "machine did not start");
          await pause(Math.min(250 * 2 ** failures, 4_000));
          continue;
        }
        member.up = true;
        member.channel.open();
        if (this.#record.state === "CREATED") await this.#setState("WARMING_UP", "");
        await driver.ended(member.place);
        if (this.#stopped) return;
        member.up = false;
        member.channel.hold();
        await this.#machineState(name, "REBOOTING", "");
        await pause(200);
      }
    } catch (error) {
      if (this.#stopped) return;
      this.#log.error({ err: error, machine: name }, "machine failed");
      const why = `machine ${name}: ${(error as Error).message}`.slice(0, 1_000);
      await this.#machineState(name, "FAILED", why);
      await this.#setState("FAILED", why);
    }
  }

  async #setState(state: string, reason: string): Promise<void> {
    const order = ["", "CREATED", "WARMING_UP", "RUNNING", "FAILED"];
    if (order.indexOf(state) <= order.indexOf(this.#record.state)) return;
    this.#record.state = state;
    if (state === "RUNNING" || state === "FAILED") clearTimeout(this.#warmUpTimer);
    await this.#host.journal.append(this.id, { $case: "state", value: { state, reason } });
    this.#save();
  }

  async #machineState(name: string, state: string, message: string): Promise<void> {
    const record = this.#record.machines[name]!;
    if (record.state === state) return;
    record.state = state;
    this.#members.get(name)?.terminals.machineState(state);
    await this.#host.journal.append(this.id, {
      $case: "machine",
      value: { machine: name, state, message },
    });
    this.#save();
  }

  async #calledHome(name: string): Promise<void> {
    if (this.#members.get(name)?.up && this.#record.machines[name]?.state !== "FAILED")
      await this.#machineState(name, "RUNNING", "");
    await this.#checkWarm();
  }

  /** The play runs once every examiner called home and every init task is completed. */
  async #checkWarm(): Promise<void> {
    if (this.#stopped || this.#record.state !== "WARMING_UP") return;
    const failed = this.#ledger.init((state) => state === TaskState.failed);
    if (failed) return this.#setState("FAILED", `init task ${failed.name} failed`);
    const open = this.#ledger.init((state) => state !== TaskState.completed);
    const up = Object.values(this.#record.machines).every(({ state }) => state === "RUNNING");
    if (!open && up) await this.#setState("RUNNING", "");
  }

  /** Ends the play as failed and removes its machines at once; it is told of until it is destroyed. */
  async fail(reason: string): Promise<void> {
    if (this.#record.dead || this.#record.ending) return;
    await this.#setState("FAILED", reason.slice(0, 1_000));
    this.#record.dead = true;
    this.#save();
    await this.#bury();
  }

  async #bury(): Promise<void> {
    this.stop("the play failed");
    await this.#host.drivers.destroy(this.id);
  }

  /** Terminals that are open now. */
  get openTerminals(): number {
    let open = 0;
    for (const { terminals } of this.#members.values()) open += terminals.open;
    return open;
  }

  /** What each running machine uses now. */
  async usage(): Promise<({ machine: string } & MachineUsage)[]> {
    const running = [...this.#members].filter(([, member]) => member.up && !this.#stopped);
    return Promise.all(
      running.map(async ([machine, { place }]) => ({
        machine,
        ...(await this.#host.drivers.find(place.machine)!.usage(place)),
      })),
    );
  }

  #tooSlow(): void {
    const stuck = this.#ledger.init((state) => state !== TaskState.completed);
    const silent = Object.entries(this.#record.machines).find(
      ([, { state }]) => state !== "RUNNING",
    );
    const why = silent
      ? `machine ${silent[0]} did not come up`
      : `init task ${stuck?.name ?? ""} was not completed`;
    void this.#setState("FAILED", `${why} within ${WARM_UP / 60_000} minutes`);
  }

  #configure(name: string): Configure {
    const { machine } = this.#members.get(name)!.place;
    return {
      tasks: this.#ledger.graphFor(name),
      machine: name,
      labUser: machine.defaultUser,
      peers: this.#ledger.peersOf(name),
      attended: this.#attended,
      known: this.#ledger.knownOf(name),
      frozen: this.#ledger.frozen,
      authorView: this.spec.authorView,
    };
  }

  async #taskChanged(machine: string, reported: TaskChanged): Promise<void> {
    const verdict = this.#ledger.judge(machine, reported);
    if (verdict.kind === "known") return;
    if (verdict.kind === "refused" || this.#ledger.frozen) {
      const why = verdict.kind === "refused" ? verdict.why : "the play is frozen";
      const { task, state } = reported;
      this.#log.warn({ machine, task: task.slice(0, 100), state, why }, "refused event");
      return;
    }
    if (verdict.kind === "outputs") {
      this.#ledger.apply(verdict.changed);
      this.#save();
      this.#tellPeers(machine, reported.task);
      return;
    }
    if (verdict.kind === "part") {
      this.#ledger.applyPart(verdict.instance);
      this.#save();
      return;
    }
    const { changed, instance } = verdict;
    const spec = this.#ledger.spec(changed.task);
    await this.#host.journal.append(this.id, {
      $case: "task",
      value: { machine: spec?.machine ?? machine, changed },
    });
    // The graph may have changed while that was written: then it started over.
    if (changed.generation !== this.#ledger.spec(changed.task)?.generation) return;
    this.#ledger.apply(changed);
    if (instance) this.#ledger.applyPart(instance);
    this.#save();
    this.#tellPeers(machine, changed.task);
    if (changed.state === TaskState.failed && spec?.kind !== "helper")
      for (const { channel } of this.#members.values())
        channel.tell({ $case: "freeze", value: {} });
    await this.#checkWarm();
  }

  /** Tells the other machines what became of a task. */
  #tellPeers(machine: string, task: string): void {
    // Each machine knows its own part of a task that runs everywhere.
    if (this.#ledger.spec(task)?.everywhere) return;
    for (const [name, { channel }] of this.#members)
      if (name !== machine)
        channel.tell({ $case: "peerChanged", value: this.#ledger.peer(name, task) });
  }

  /**
   * Gives the running play another task graph. On disk before anybody hears of it, so that a kill at any
   * moment leaves the old graph or the new one.
   * @returns what became of its tasks, or what is wrong with the graph.
   */
  async updateTasks(version: string, tasks: TaskSpec[]): Promise<UpdateTasksReply | string> {
    if (!this.spec.authorView) return "only the graph of an author's play can be changed";
    if (this.#stopped || this.#record.ending || this.#record.dead) return "the play is over";
    const foreign = tasks.find(({ machine }) => !this.#members.has(machine));
    if (foreign) return `task ${foreign.name}: the play has no machine ${foreign.machine}`;
    const revision = this.spec.graphRevision + 1;
    const change = diffTasks(this.spec.tasks, tasks, revision);
    const { added, restarted, removed } = change;
    if (!change.changed) return { revision: revision - 1, added, restarted, removed };
    Object.assign(this.spec, {
      tasks: change.tasks,
      graphRevision: revision,
      graphVersion: version,
    });
    writeWhole(join(this.#folder, "spec.json"), JSON.stringify(StartPlayRequest.toJSON(this.spec)));
    this.#ledger.update(change.tasks);
    // Before the event is told: what an examiner then says of the new generation comes after it.
    const told = this.#tellGraph();
    for (const [name, { channel }] of this.#members)
      channel.tell({ $case: "configure", value: this.#configure(name) });
    await told;
    await this.#checkWarm();
    return { revision, added, restarted, removed };
  }

  /** Journals the graph, unless its newest change was told. */
  async #tellGraph(): Promise<void> {
    const { graphRevision: revision, graphVersion: version, tasks } = this.spec;
    if (revision <= (this.#record.graphTold ?? 0)) return;
    await this.#host.journal.append(this.id, {
      $case: "graph",
      value: {
        revision,
        version,
        tasks: tasks.map(({ name, kind, machine, generation }) => ({
          name,
          kind,
          machine,
          generation,
        })),
      },
    });
    this.#record.graphTold = revision;
    this.#save();
  }

  #forward(from: string, task: string, value: Buffer): void {
    const spec = this.#ledger.spec(task);
    if (!spec || spec.machine === from || value.length > INPUT_BYTES || value.includes(0)) return;
    this.#members.get(spec.machine)?.channel.tell({
      $case: "submitInput",
      value: { task, value, destination: "" },
    });
  }

  /** Hands a learner's input to the machine of its task. @returns what is wrong, or undefined. */
  async submit(task: string, value: Buffer, destination: string): Promise<string | undefined> {
    const spec = this.#ledger.spec(task);
    if (!spec) return `the play has no task ${task}`;
    if (value.length > INPUT_BYTES) return `an input has at most ${INPUT_BYTES} bytes`;
    if (value.includes(0)) return "an input must not hold a NUL byte";
    if (destination && !destination.startsWith("/")) return "destination must be an absolute path";
    const machines = spec.everywhere ? [...this.#members.keys()] : [spec.machine];
    for (const name of machines) {
      const channel = this.#members.get(name)?.channel;
      let told = false;
      for (let attempt = 0; !told && attempt < 30 && !this.#stopped; attempt++) {
        told =
          channel?.tell({ $case: "submitInput", value: { task, value, destination } }) ?? false;
        if (!told) await pause(200);
      }
      if (!told) return `machine ${name} is starting: try again in a moment`;
    }
    return;
  }

  /** Author view of all tasks; machines that do not answer are filled in from what is known. */
  async describe(): Promise<object[]> {
    const rows = await Promise.all(
      [...this.#members].map(async ([name, { channel }]) => {
        try {
          const json = await channel.describe();
          if (json !== undefined) return JSON.parse(json) as object[];
        } catch (error) {
          this.#log.warn({ err: error, machine: name }, "examiner sent what is not JSON");
        }
        return this.#ledger.rowsOf(name);
      }),
    );
    return rows.flat();
  }

  /** Last runs of a task, or with `run` one more round of it that changes no state: for each machine of it. */
  async taskRuns(
    task: string,
    run: boolean,
  ): Promise<{ machine: string; runs: unknown }[] | string> {
    const spec = this.#ledger.spec(task);
    if (!spec) return `the play has no task ${task}`;
    if (!this.spec.authorView) return "only an author's play shows the runs of its tasks";
    const machines = spec.everywhere ? [...this.#members.keys()] : [spec.machine];
    return Promise.all(
      machines.map(async (machine) => {
        const { channel } = this.#members.get(machine)!;
        const json = run
          ? await channel.runTask(task, spec.timeoutSeconds || 60)
          : await channel.describeRuns(task);
        return { machine, runs: json === undefined ? null : JSON.parse(json) };
      }),
    );
  }

  /** Terminals of a machine; undefined when the play has no such machine or it gives no terminal. */
  terminals(machine: string): MachineTerminals | undefined {
    const member = this.#members.get(machine);
    return member && !member.place.machine.noSsh && !this.#stopped ? member.terminals : undefined;
  }

  /** Somebody came or left: machines look at their tasks more or less often. */
  #attend(): void {
    const now = performance.now();
    const there = [...this.#members.values()].some(({ terminals }) => terminals.open > 0);
    if (there) this.#lastThere = now;
    clearTimeout(this.#attendTimer);
    const left = ATTENDED - (now - this.#lastThere);
    const attended = this.spec.keepAttended || there || (this.#lastThere > 0 && left > 0);
    if (attended && !there && !this.spec.keepAttended && !this.#stopped)
      this.#attendTimer = setTimeout(() => this.#attend(), left + 10);
    if (attended === this.#attended) return;
    this.#attended = attended;
    for (const { channel } of this.#members.values())
      channel.tell({ $case: "attended", value: { attended } });
  }

  /** Ends the play and removes everything of it. Twice is the same as once. */
  destroy(): Promise<void> {
    this.#destroying ??= this.#destroy().catch((error: unknown) => {
      this.#destroying = undefined;
      throw error;
    });
    return this.#destroying;
  }

  async #destroy(): Promise<void> {
    this.#record.ending = true;
    this.#save();
    this.stop("the play ended");
    // A preparation under way would leave a machine behind.
    const preparing = Promise.allSettled(this.#running);
    do {
      await this.#host.drivers.destroy(this.id);
    } while ((await Promise.race([preparing, pause(200, "more")])) === "more");
    await this.#host.drivers.destroy(this.id);
    for (const { channel } of this.#members.values()) channel.remove();
    await this.#host.journal.append(this.id, {
      $case: "state",
      value: { state: "DESTROYED", reason: "" },
    });
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Lets go of the machines; they run on. */
  stop(reason: string): void {
    this.#stopped = true;
    clearTimeout(this.#attendTimer);
    clearTimeout(this.#warmUpTimer);
    for (const { channel, terminals } of this.#members.values()) {
      terminals.close(reason);
      channel.close();
    }
  }
}
