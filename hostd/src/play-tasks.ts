import { setTimeout as pause } from "node:timers/promises";
import type { Logger } from "@agon/daemon/log";
import type { HostEvent, StartPlayRequest, UpdateTasksReply } from "@agon/protocol/host";
import type { Configure, TaskChanged, TaskSpec } from "@agon/protocol/machine";
import { TaskState } from "@agon/protocol/task-state";
import type { MachinePlace } from "./driver.ts";
import type { MachineChannel } from "./machine-channel.ts";
import type { PlayRecord } from "./play-record.ts";
import { diffTasks } from "./task-diff.ts";
import type { TaskLedger } from "./task-ledger.ts";

/** Bytes of an input of a learner at most. */
const INPUT_BYTES = 4_096;

/** A play, as far as its tasks are judged. */
interface Judged {
  /** Its graph is changed in place. */
  spec: StartPlayRequest;
  /** Kept up to date in place: it is part of the play's state on disk. */
  record: PlayRecord;
  ledger: TaskLedger;
  /** By the machine's name. */
  members: ReadonlyMap<string, { place: MachinePlace; channel: MachineChannel }>;
  log: Logger;
  /** Somebody looks at it. */
  attended(): boolean;
  /** Its machines were let go of. */
  stopped(): boolean;
  save(): void;
  saveSpec(): void;
  /** Into the journal, and noted as the play's last event; saved by whoever appends. */
  append(event: NonNullable<HostEvent["event"]>): Promise<void>;
  /** Somebody did something. */
  touch(): void;
  /** A regular task was completed. */
  completed(task: string): void;
  /** States changed: the play may be ready. */
  settled(): Promise<void>;
}

/** The tasks of one play: judges what its machines report, and tells them what they have to know of each other. */
export class PlayTasks {
  readonly #of: Judged;

  constructor(of: Judged) {
    this.#of = of;
  }

  /** All that an examiner needs to begin, or to go on. */
  configure(name: string): Configure {
    const { machine } = this.#of.members.get(name)!.place;
    return {
      tasks: this.#of.ledger.graphFor(name),
      machine: name,
      labUser: machine.defaultUser,
      peers: this.#of.ledger.peersOf(name),
      attended: this.#of.attended(),
      known: this.#of.ledger.knownOf(name),
      frozen: this.#of.ledger.frozen,
      authorView: this.#of.spec.authorView,
    };
  }

  /** An examiner says that a task changed: judged, journaled, then told to the other machines. */
  async changed(machine: string, reported: TaskChanged): Promise<void> {
    const verdict = this.#of.ledger.judge(machine, reported);
    if (verdict.kind === "known") return;
    if (verdict.kind === "refused" || this.#of.ledger.frozen) {
      const why = verdict.kind === "refused" ? verdict.why : "the play is frozen";
      const { task, state } = reported;
      this.#of.log.warn({ machine, task: task.slice(0, 100), state, why }, "refused event");
      return;
    }
    if (verdict.kind === "outputs") {
      this.#of.ledger.apply(verdict.changed);
      this.#of.save();
      this.#tellPeers(machine, reported.task);
      return;
    }
    if (verdict.kind === "part") {
      this.#of.ledger.applyPart(verdict.instance);
      this.#of.save();
      return;
    }
    const { changed, instance } = verdict;
    const spec = this.#of.ledger.spec(changed.task);
    await this.#of.append({
      $case: "task",
      value: { machine: spec?.machine ?? machine, changed },
    });
    // The graph may have changed while that was written: then it started over.
    if (changed.generation !== this.#of.ledger.spec(changed.task)?.generation) return;
    this.#of.ledger.apply(changed);
    if (instance) this.#of.ledger.applyPart(instance);
    this.#of.save();
    this.#tellPeers(machine, changed.task);
    if (changed.state >= TaskState.failed) this.#of.touch();
    if (changed.state === TaskState.completed && spec?.kind === "regular")
      this.#of.completed(changed.task);
    if (changed.state === TaskState.failed && spec?.kind !== "helper")
      for (const { channel } of this.#of.members.values())
        channel.tell({ $case: "freeze", value: {} });
    await this.#of.settled();
  }

  /** Tells the other machines what became of a task. */
  #tellPeers(machine: string, task: string): void {
    // Each machine knows its own part of a task that runs everywhere.
    if (this.#of.ledger.spec(task)?.everywhere) return;
    for (const [name, { channel }] of this.#of.members)
      if (name !== machine)
        channel.tell({ $case: "peerChanged", value: this.#of.ledger.peer(name, task) });
  }

  /**
   * Gives the running play another task graph. On disk before anybody hears of it, so that a kill at any
   * moment leaves the old graph or the new one.
   * @returns what became of its tasks, or what is wrong with the graph.
   */
  async update(
    version: string,
    tasks: TaskSpec[],
    order: number,
  ): Promise<UpdateTasksReply | string> {
    if (!this.#of.spec.authorView) return "only the graph of an author's play can be changed";
    // A paused one takes it, too: its examiners learn of it when they call home.
    if (this.#of.record.ending || this.#of.record.dead) return "the play is over";
    const foreign = tasks.find(({ machine }) => !this.#of.members.has(machine));
    if (foreign) return `task ${foreign.name}: the play has no machine ${foreign.machine}`;
    const revision = this.#of.spec.graphRevision + 1;
    if (order < this.#of.spec.graphOrder)
      return { revision: revision - 1, added: [], restarted: [], removed: [] };
    const change = diffTasks(this.#of.spec.tasks, tasks, revision);
    const { added, restarted, removed } = change;
    this.#of.spec.graphOrder = order;
    if (!change.changed) return { revision: revision - 1, added, restarted, removed };
    Object.assign(this.#of.spec, {
      tasks: change.tasks,
      graphRevision: revision,
      graphVersion: version,
    });
    this.#of.saveSpec();
    this.#of.ledger.update(change.tasks);
    // Before the event is told: what an examiner then says of the new generation comes after it.
    const told = this.tellGraph();
    for (const [name, { channel }] of this.#of.members)
      channel.tell({ $case: "configure", value: this.configure(name) });
    await told;
    await this.#of.settled();
    return { revision, added, restarted, removed };
  }

  /** Journals the graph, unless its newest change was told. */
  async tellGraph(): Promise<void> {
    const { graphRevision: revision, graphVersion: version, tasks } = this.#of.spec;
    if (revision <= (this.#of.record.graphTold ?? 0)) return;
    await this.#of.append({
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
    this.#of.record.graphTold = revision;
    this.#of.save();
  }

  /** What one machine hands to a task of another. */
  forward(from: string, task: string, value: Buffer): void {
    const spec = this.#of.ledger.spec(task);
    if (!spec || spec.machine === from || value.length > INPUT_BYTES || value.includes(0)) return;
    this.#of.members.get(spec.machine)?.channel.tell({
      $case: "submitInput",
      value: { task, value, destination: "" },
    });
  }

  /** Hands a learner's input to the machine of its task. @returns what is wrong, or undefined. */
  async submit(task: string, value: Buffer, destination: string): Promise<string | undefined> {
    const spec = this.#of.ledger.spec(task);
    if (!spec) return `the play has no task ${task}`;
    if (value.length > INPUT_BYTES) return `an input has at most ${INPUT_BYTES} bytes`;
    if (value.includes(0)) return "an input must not hold a NUL byte";
    if (destination && !destination.startsWith("/")) return "destination must be an absolute path";
    this.#of.touch();
    const machines = spec.everywhere ? [...this.#of.members.keys()] : [spec.machine];
    for (const name of machines) {
      const channel = this.#of.members.get(name)?.channel;
      let told = false;
      for (let attempt = 0; !told && attempt < 30 && !this.#of.stopped(); attempt++) {
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
      [...this.#of.members].map(async ([name, { channel }]) => {
        try {
          const json = await channel.describe();
          if (json !== undefined) return JSON.parse(json) as object[];
        } catch (error) {
          this.#of.log.warn({ err: error, machine: name }, "examiner sent what is not JSON");
        }
        return this.#of.ledger.rowsOf(name);
      }),
    );
    return rows.flat();
  }

  /** Last runs of a task, or with `run` one more round of it that changes no state: for each machine of it. */
  async runs(task: string, run: boolean): Promise<{ machine: string; runs: unknown }[] | string> {
    const spec = this.#of.ledger.spec(task);
    if (!spec) return `the play has no task ${task}`;
    if (!this.#of.spec.authorView) return "only an author's play shows the runs of its tasks";
    const machines = spec.everywhere ? [...this.#of.members.keys()] : [spec.machine];
    return Promise.all(
      machines.map(async (machine) => {
        const { channel } = this.#of.members.get(machine)!;
        const json = run
          ? await channel.runTask(task, spec.timeoutSeconds || 60)
          : await channel.describeRuns(task);
        return { machine, runs: json === undefined ? null : JSON.parse(json) };
      }),
    );
  }
}
