import type {
  Configure,
  KnownTask,
  PeerChanged,
  TaskChanged,
  TaskSpec,
} from "@agon/protocol/machine";
import { TaskState, mayMove, taskStateName } from "@agon/protocol/task-state";
import { authorRow, roundsJson } from "./author-view.ts";
import { inputFault, writeInput } from "./input-file.ts";
import { machineNow } from "./machine-clock.ts";
import { OwnTouches } from "./own-touches.ts";
import { PACE, Pacing, type Pace } from "./pacing.ts";
import { endOf, hasFailed, printed, runRound, type Round } from "./round.ts";
import { RunHistory } from "./run-history.ts";
import { account } from "./script.ts";
import type { TaskBook, TaskRecord } from "./task-book.ts";
import { TaskGraph } from "./task-graph.ts";
import { Turns } from "./turns.ts";
import type { WatchedScript } from "./watched-paths.ts";

/** Milliseconds that a new check waits at most until the change before it has left. */
const LEAVE = 50;
/** Milliseconds from a change while checks run to the look after it: it may be their own. */
const CATCH_UP = 60;

/** The rounds of one task in one generation. */
interface Loop {
  generation: number;
  stop: AbortController;
}

/**
 * The task graph of one machine: evaluates own tasks round by round until the first success or
 * failure, and knows of the others what hostd tells.
 */
export class Examiner {
  readonly #book: TaskBook;
  readonly #graph: TaskGraph;
  readonly #pacing: Pacing;
  readonly #scratch: string;
  readonly #stop = new AbortController();
  readonly #runs = new RunHistory();
  readonly #loops = new Map<string, Loop>();
  readonly #turns = new Turns();
  /** Tasks of which a dry round is asked for or runs. */
  readonly #dry = new Set<string>();
  readonly #finals = new Set<() => void>();
  readonly #touches = new OwnTouches();
  #labUser = "laborant";
  #authorView = false;
  #left: Promise<unknown> = Promise.resolve();
  #catchUp: NodeJS.Timeout | undefined;
  /** Called with each change; the channel sends it, and may tell when it has left. */
  onChange: (change: TaskChanged) => unknown = () => undefined;
  /** Called when scripts of own tasks are known or changed; the watcher looks at their paths. */
  onScripts: (scripts: WatchedScript[]) => void = () => undefined;
  /** Sends an input for a task of another machine. */
  forwardInput: (task: string, value: Buffer) => void = () => undefined;

  constructor(book: TaskBook, scratch: string, pace: Pace = PACE) {
    this.#book = book;
    this.#graph = new TaskGraph(book);
    this.#pacing = new Pacing(pace);
    this.#scratch = scratch;
  }

  get configured(): boolean {
    return this.#graph.size > 0;
  }

  /** Changes that hostd has not acknowledged, oldest first. */
  get unacked(): TaskChanged[] {
    return this.#book.book.unacked;
  }

  /** True while a script of ours runs or ended less than 60 ms ago: what it touches must not wake us. */
  get busy(): boolean {
    return this.#turns.busy;
  }

  /**
   * Takes the graph; what is on disk goes on, and nothing that hostd knows is lowered. Again with another
   * graph: tasks of another generation start over, missing ones vanish, their running scripts are ended.
   */
  configure(command: Configure): void {
    const before = this.#graph.take(command);
    this.#labUser = command.labUser || "laborant";
    this.#pacing.attended = command.attended;
    this.#authorView = command.authorView;
    this.#dropOld(before);
    for (const known of command.known) this.#adopt(known);
    this.#book.book.frozen =
      command.frozen ||
      this.#graph
        .own()
        .some(
          ({ name, kind }) =>
            kind !== "helper" && this.#graph.record(name).state === TaskState.failed,
        );
    for (const spec of this.#graph.own()) {
      const record = this.#graph.record(spec.name);
      if (record.state === TaskState.none) this.#move(spec.name, TaskState.created);
      // Somebody names its outputs who did not before.
      else if (
        record.state === TaskState.completed &&
        (spec.shareOutputs || spec.publishOutputs) &&
        before.has(spec.name) &&
        !before.get(spec.name)!.shareOutputs &&
        !before.get(spec.name)!.publishOutputs
      )
        this.#emit(spec.name);
    }
    this.#book.save();
    this.onScripts(
      this.#graph.own().flatMap(({ run, failcheck, hintcheck, user }) => {
        const home = account(user || "root")?.home ?? "";
        return [run, failcheck, hintcheck].map((text) => ({ text, home }));
      }),
    );
    this.#advance();
    for (const told of this.#finals) told();
  }

  /** Forgets tasks that vanished or start over, and ends scripts that are not theirs any more. */
  #dropOld(before: Map<string, TaskSpec>): void {
    const { book } = this.#book;
    const own = new Map(this.#graph.own().map((spec) => [spec.name, spec]));
    for (const [name, record] of Object.entries(book.records)) {
      if (own.get(name)?.generation === record.generation) continue;
      delete book.records[name];
      this.#runs.forget(name);
    }
    book.unacked = book.unacked.filter(
      ({ task, generation }) => own.get(task)?.generation === generation,
    );
    for (const [name, loop] of this.#loops) {
      const spec = own.get(name);
      const same =
        spec?.generation === loop.generation &&
        JSON.stringify(spec) === JSON.stringify(before.get(name));
      if (same) continue;
      loop.stop.abort();
      this.#loops.delete(name);
    }
  }

  #adopt(known: KnownTask): void {
    const record = this.#graph.record(known.task);
    if (known.generation !== record.generation || known.state <= record.state) return;
    Object.assign(record, {
      state: known.state,
      outputs: known.outputs ?? record.outputs,
      hint: known.hint,
      failure: known.failure,
      trouble: known.trouble,
    });
  }

  /** State code of any task of the play. */
  state(task: string): number {
    return this.#graph.state(task);
  }

  /** Writes a change to disk and hands it to the channel. */
  #emit(task: string): void {
    const book = this.#book.book;
    const record = this.#graph.record(task);
    const spec = this.#graph.spec(task)!;
    book.version++;
    const change: TaskChanged = {
      task,
      state: record.state,
      version: book.version,
      hint: record.hint,
      failure: record.failure,
      trouble: record.trouble,
      rounds: record.rounds,
      atMs: machineNow(),
      blockedBy: record.state === TaskState.blocked ? this.#graph.blockedBy(spec) : [],
      outputs:
        record.state === TaskState.completed && (spec.shareOutputs || spec.publishOutputs)
          ? record.outputs
          : undefined,
      generation: record.generation,
    };
    // Only the newest of several changes within one state matters: the queue stays as short as the graph.
    book.unacked = [
      ...book.unacked.filter((one) => one.task !== task || one.state !== change.state),
      change,
    ];
    this.#book.save();
    this.#left = Promise.race([
      this.onChange(change),
      new Promise((resolve) => setTimeout(resolve, LEAVE)),
    ]);
    if (record.state === TaskState.completed || record.state === TaskState.failed)
      for (const told of this.#finals) told();
  }

  #move(task: string, state: number): void {
    const record = this.#graph.record(task);
    if (!mayMove(record.state, state)) return;
    record.state = state;
    this.#emit(task);
  }

  /** Starts every task whose needs are completed, and marks the others blocked. */
  #advance(): void {
    if (this.#book.book.frozen) return;
    for (const spec of this.#graph.own()) {
      const { state } = this.#graph.record(spec.name);
      if (state === TaskState.failed || state === TaskState.completed) continue;
      if (this.#graph.blockedBy(spec).length === 0) {
        this.#move(spec.name, TaskState.running);
        this.#keepLooking(spec);
      } else if (state === TaskState.created) this.#move(spec.name, TaskState.blocked);
    }
  }

  #keepLooking({ name, generation }: TaskSpec): void {
    if (this.#loops.has(name)) return;
    const stop = new AbortController();
    this.#loops.set(name, { generation, stop });
    void this.#loop(name, stop);
  }

  async #loop(task: string, stop: AbortController): Promise<void> {
    const signal = AbortSignal.any([stop.signal, this.#stop.signal]);
    // Starting a process holds everything else up: what was just told leaves first.
    await this.#left;
    const on = () =>
      !signal.aborted &&
      !this.#book.book.frozen &&
      this.#graph.record(task).state === TaskState.running &&
      this.#graph.blockedBy(this.#graph.spec(task)!).length === 0;
    while (on()) {
      const seen = this.#pacing.wakes;
      await this.#turns.take(task, () => (on() ? this.#round(task, signal) : Promise.resolve()));
      if (on()) await this.#pacing.rest(seen, this.#graph.spec(task)?.kind === "helper", signal);
    }
    if (this.#loops.get(task)?.stop === stop) this.#loops.delete(task);
  }

  #runScripts(spec: TaskSpec, signal: AbortSignal, still: () => boolean): Promise<Round> {
    return runRound(spec, {
      values: this.#graph.values(spec),
      hasInput: this.#graph.record(spec.name).input !== undefined,
      labUser: this.#labUser,
      scratch: this.#scratch,
      signal,
      still,
    });
  }

  /** One round; what learners see changes only at its end. */
  async #round(task: string, signal: AbortSignal): Promise<void> {
    const spec = this.#graph.spec(task)!;
    const record = this.#graph.record(task);
    const inputBefore = record.input;
    const round = await this.#runScripts(
      spec,
      signal,
      () => !signal.aborted && !this.#book.book.frozen && record.state === TaskState.running,
    );
    if (signal.aborted) return;
    if (!round.cut) record.rounds++;
    this.#keep(spec, record, round, false);
    if (round.cut || round.waitsForInput) return;
    if (hasFailed(round)) {
      record.failure = printed(round.failcheck!);
      record.hint = "";
      delete record.trouble;
      this.#move(task, TaskState.failed);
      this.freeze();
      return;
    }
    if (spec.kind === "helper") return;
    if (round.run!.exitCode === 0) {
      record.outputs = {
        stdout: round.run!.stdout.trim(),
        stderr: round.run!.stderr.trim(),
        exitCode: 0,
        input: inputBefore ?? "",
      };
      record.hint = "";
      delete record.trouble;
      this.#move(task, TaskState.completed);
      this.#advance();
      return;
    }
    const hint = round.hintcheck && !round.hintcheck.timedOut ? printed(round.hintcheck) : "";
    // Learners see no output of init tasks, and still have to know why a play does not begin.
    const trouble = spec.kind === "init" ? endOf(round.run!, spec.timeoutSeconds) : undefined;
    if (hint !== record.hint || trouble !== record.trouble) {
      record.hint = hint;
      record.trouble = trouble;
      this.#emit(task);
    }
  }

  #keep(spec: TaskSpec, record: TaskRecord, round: Round, dry: boolean): void {
    const { generation } = spec;
    this.#runs.add(spec.name, { ...round, n: record.rounds, generation, dry });
  }

  /** One round of an own task for its author: nothing of its state changes. @returns it as JSON. */
  async dryRun(task: string): Promise<string> {
    const spec = this.#graph.own().find(({ name }) => name === task);
    if (!spec || !this.#authorView) return JSON.stringify({ error: `there is no task ${task}` });
    if (this.#dry.has(task))
      return JSON.stringify({ error: "it is being run: one at a time for each task" });
    this.#dry.add(task);
    try {
      const { signal } = this.#stop;
      const round = await this.#turns.take(task, () =>
        this.#runScripts(spec, signal, () => !signal.aborted),
      );
      const now = this.#graph.spec(task);
      if (this.#graph.isOwn(now) && now.generation === spec.generation)
        this.#keep(spec, this.#graph.record(task), round, true);
      return roundsJson([
        { ...round, n: this.#graph.record(task).rounds, generation: spec.generation, dry: true },
      ]);
    } finally {
      this.#dry.delete(task);
    }
  }

  /** Last runs of an own task as JSON, newest first; empty but in an author's play. */
  describeRuns(task: string): string {
    return roundsJson(this.#authorView ? this.#runs.of(task) : []);
  }

  /** A watched path changed. While checks run it may be their own doing; it is looked at all the same, a moment later. */
  touched(path: string): void {
    if (!this.#touches.touched(path, this.busy)) return;
    if (!this.busy) return this.wake();
    this.#catchUp ??= setTimeout(() => {
      this.#catchUp = undefined;
      this.wake();
    }, CATCH_UP);
  }

  /** Something may have changed: every running task is looked at again at once. */
  wake(): void {
    this.#pacing.wake();
  }

  /** Takes a learner's input. @returns what is wrong with it, or an empty string. */
  submit(task: string, value: Buffer, destination = ""): string {
    const spec = this.#graph.spec(task);
    if (!spec) return `there is no task ${task}`;
    const fault = inputFault(value);
    if (fault) return fault;
    if (!this.#graph.isOwn(spec)) {
      this.forwardInput(task, value);
      return "";
    }
    const record = this.#graph.record(task);
    if (record.state === TaskState.completed || record.state === TaskState.failed)
      return `task ${task} is ${taskStateName(record.state)} already`;
    record.input = value.toString("utf8");
    this.#book.save();
    const unwritten = writeInput(destination || spec.destination, value);
    if (unwritten) return unwritten;
    this.wake();
    return "";
  }

  /** A task of another machine moved. */
  peer(change: PeerChanged): void {
    if (!this.#graph.peer(change)) return;
    for (const told of this.#finals) told();
    this.#advance();
    this.wake();
  }

  /** Every change up to this version is safe with hostd. */
  ack(version: number): void {
    const book = this.#book.book;
    const left = book.unacked.filter((change) => change.version > version);
    if (left.length === book.unacked.length) return;
    book.unacked = left;
    this.#book.save();
  }

  attend(attended: boolean): void {
    this.#pacing.attended = attended;
    if (attended) this.wake();
  }

  /** A task of the play failed: nothing is evaluated any more (spec 5.6). */
  freeze(): void {
    this.#book.book.frozen = true;
    this.#book.save();
    this.wake();
  }

  /** Resolves with the final state of a task. */
  async final(task: string, signal: AbortSignal): Promise<number> {
    for (;;) {
      const state = this.state(task);
      if (state === TaskState.completed || state === TaskState.failed || signal.aborted)
        return state;
      await new Promise<void>((resolve) => {
        const told = () => {
          this.#finals.delete(told);
          signal.removeEventListener("abort", told);
          resolve();
        };
        this.#finals.add(told);
        signal.addEventListener("abort", told, { once: true });
      });
    }
  }

  /** Names, kinds and states of the whole play, for `examinerctl task ls`. */
  list(): { name: string; machine: string; kind: string; state: number }[] {
    return this.#graph.list();
  }

  /** What `examinerctl task get` may tell: outputs only in an author's play. */
  get(task: string): Record<string, unknown> | undefined {
    const spec = this.#graph.spec(task);
    if (!spec) return undefined;
    const plain = {
      name: task,
      machine: spec.machine,
      kind: spec.kind,
      status: taskStateName(this.state(task)),
      needs: spec.needs,
    };
    return this.#authorView && this.#graph.isOwn(spec) ? this.#authorRow(spec) : plain;
  }

  #authorRow(spec: TaskSpec): Record<string, unknown> {
    return authorRow(spec, this.#graph.record(spec.name), this.#runs.last(spec.name), {
      version: this.#book.book.version,
      blockedBy: this.#graph.blockedBy(spec),
    });
  }

  /** The author view of all own tasks, as JSON. */
  describe(): string {
    return JSON.stringify(this.#graph.own().map((spec) => this.#authorRow(spec)));
  }

  /** Ends running scripts; states stay on disk. */
  stop(): void {
    clearTimeout(this.#catchUp);
    this.#stop.abort();
  }
}
