import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type {
  Configure,
  KnownTask,
  Outputs,
  PeerChanged,
  TaskChanged,
  TaskSpec,
} from "@agon/protocol/machine";
import { TaskState, mayMove, taskStateName } from "@agon/protocol/task-state";
import { INPUT_BYTES } from "./limits.ts";
import { OwnTouches } from "./own-touches.ts";
import { machineNow } from "./machine-clock.ts";
import { hasFailed, printed, runRound, type Round } from "./round.ts";
import { RunHistory } from "./run-history.ts";
import { account, type ScriptResult } from "./script.ts";
import type { TaskBook, TaskRecord } from "./task-book.ts";
import { expandPlain, type Values } from "./template.ts";
import type { WatchedScript } from "./watched-paths.ts";

/** Milliseconds between rounds of a task while somebody is there, else, and after a wake-up. */
export interface Pace {
  attended: number;
  idle: number;
  woken: number;
}
export const PACE: Pace = { attended: 1_000, idle: 10_000, woken: 100 };
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
  readonly #pace: Pace;
  readonly #scratch: string;
  readonly #stop = new AbortController();
  readonly #runs = new RunHistory();
  readonly #loops = new Map<string, Loop>();
  /** What runs a task's scripts now: rounds of one task never overlap, dry ones included. */
  readonly #turns = new Map<string, Promise<unknown>>();
  readonly #dry = new Set<string>();
  #peers = new Map<string, { state: number; outputs?: Outputs; generation: number }>();
  readonly #finals = new Set<() => void>();
  #specs = new Map<string, TaskSpec>();
  #machine = "";
  #labUser = "laborant";
  #attended = false;
  #authorView = false;
  #wakes = 0;
  #sleepers = new Set<() => void>();
  #rounds = 0;
  #lastRoundEnd = 0;
  #left: Promise<unknown> = Promise.resolve();
  readonly #touches = new OwnTouches();
  #catchUp: NodeJS.Timeout | undefined;
  /** Called with each change; the channel sends it, and may tell when it has left. */
  onChange: (change: TaskChanged) => unknown = () => undefined;
  /** Called when scripts of own tasks are known or changed; the watcher looks at their paths. */
  onScripts: (scripts: WatchedScript[]) => void = () => undefined;
  /** Sends an input for a task of another machine. */
  forwardInput: (task: string, value: Buffer) => void = () => undefined;

  constructor(book: TaskBook, scratch: string, pace: Pace = PACE) {
    this.#book = book;
    this.#pace = pace;
    this.#scratch = scratch;
  }

  get configured(): boolean {
    return this.#specs.size > 0;
  }

  /** Changes that hostd has not acknowledged, oldest first. */
  get unacked(): TaskChanged[] {
    return this.#book.book.unacked;
  }

  /** True while a script of ours runs or ended less than 60 ms ago: what it touches must not wake us. */
  get busy(): boolean {
    return this.#rounds > 0 || Date.now() - this.#lastRoundEnd < 60;
  }

  /**
   * Takes the graph; what is on disk goes on, and nothing that hostd knows is lowered. Again with another
   * graph: tasks of another generation start over, missing ones vanish, their running scripts are ended.
   */
  configure(command: Configure): void {
    const before = this.#specs;
    this.#machine = command.machine;
    this.#labUser = command.labUser || "laborant";
    this.#attended = command.attended;
    this.#authorView = command.authorView;
    this.#specs = new Map(command.tasks.map((task) => [task.name, task]));
    this.#peers = new Map(
      command.peers.map(({ task, state, outputs, generation }) => [
        task,
        { state, outputs, generation },
      ]),
    );
    this.#dropOld(before);
    for (const known of command.known) this.#adopt(known);
    this.#book.book.frozen =
      command.frozen ||
      this.#own().some(
        ({ name, kind }) => kind !== "helper" && this.#record(name).state === TaskState.failed,
      );
    for (const spec of this.#own()) {
      const record = this.#record(spec.name);
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
      this.#own().flatMap(({ run, failcheck, hintcheck, user }) => {
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
    const own = new Map(this.#own().map((spec) => [spec.name, spec]));
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
    const record = this.#record(known.task);
    if (known.generation !== record.generation || known.state <= record.state) return;
    Object.assign(record, {
      state: known.state,
      outputs: known.outputs ?? record.outputs,
      hint: known.hint,
      failure: known.failure,
    });
  }

  #own(): TaskSpec[] {
    return [...this.#specs.values()].filter((spec) => spec.machine === this.#machine);
  }

  #record(task: string): TaskRecord {
    return (this.#book.book.records[task] ??= {
      state: TaskState.none,
      hint: "",
      failure: "",
      rounds: 0,
      generation: this.#specs.get(task)?.generation ?? 0,
    });
  }

  /** State code of any task of the play. */
  state(task: string): number {
    return this.#specs.get(task)?.machine === this.#machine
      ? this.#record(task).state
      : (this.#peers.get(task)?.state ?? TaskState.none);
  }

  #blockedBy(spec: TaskSpec): string[] {
    return spec.needs.filter((need) => this.state(need) !== TaskState.completed);
  }

  /** Writes a change to disk and hands it to the channel. */
  #emit(task: string): void {
    const book = this.#book.book;
    const record = this.#record(task);
    const spec = this.#specs.get(task)!;
    book.version++;
    const change: TaskChanged = {
      task,
      state: record.state,
      version: book.version,
      hint: record.hint,
      failure: record.failure,
      rounds: record.rounds,
      atMs: machineNow(),
      blockedBy: record.state === TaskState.blocked ? this.#blockedBy(spec) : [],
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
    const record = this.#record(task);
    if (!mayMove(record.state, state)) return;
    record.state = state;
    this.#emit(task);
  }

  /** Starts every task whose needs are completed, and marks the others blocked. */
  #advance(): void {
    if (this.#book.book.frozen) return;
    for (const spec of this.#own()) {
      const { state } = this.#record(spec.name);
      if (state === TaskState.failed || state === TaskState.completed) continue;
      if (this.#blockedBy(spec).length === 0) {
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
      this.#record(task).state === TaskState.running &&
      this.#blockedBy(this.#specs.get(task)!).length === 0;
    while (on()) {
      const seen = this.#wakes;
      await this.#turn(task, () => (on() ? this.#round(task, signal) : Promise.resolve()));
      if (on()) await this.#rest(seen, this.#specs.get(task)?.kind === "helper", signal);
    }
    if (this.#loops.get(task)?.stop === stop) this.#loops.delete(task);
  }

  /** Runs work of a task after what runs of it now, and marks this machine as busy meanwhile. */
  async #turn<T>(task: string, work: () => Promise<T>): Promise<T> {
    const before = this.#turns.get(task);
    const mine = (async () => {
      await before;
      this.#rounds++;
      try {
        return await work();
      } finally {
        this.#rounds--;
        this.#lastRoundEnd = Date.now();
      }
    })();
    const over = mine.catch(() => undefined);
    this.#turns.set(task, over);
    try {
      return await mine;
    } finally {
      if (this.#turns.get(task) === over) this.#turns.delete(task);
    }
  }

  /** Waits for the next tick, or for a wake-up since `seen`. */
  async #rest(seen: number, helper: boolean, signal: AbortSignal): Promise<void> {
    await this.#pause(this.#pace.woken, signal);
    if (this.#wakes !== seen && !helper) return;
    const tick = helper || this.#attended ? this.#pace.attended : this.#pace.idle;
    await this.#pause(tick - this.#pace.woken, signal, helper ? undefined : seen);
  }

  #pause(ms: number, signal: AbortSignal, seen?: number): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted || (seen !== undefined && this.#wakes !== seen)) return resolve();
      const done = () => {
        clearTimeout(timer);
        this.#sleepers.delete(done);
        signal.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal.addEventListener("abort", done, { once: true });
      if (seen !== undefined) this.#sleepers.add(done);
    });
  }

  #values(spec: TaskSpec): Values {
    const own = this.#record(spec.name);
    const values: Values = {
      input: own.input ?? "",
      need: (task, attribute) => {
        const outputs =
          this.#specs.get(task)?.machine === this.#machine
            ? this.#record(task).outputs
            : this.#peers.get(task)?.outputs;
        switch (attribute) {
          case "status":
            return taskStateName(this.state(task));
          case "exit_code":
            return String(outputs?.exitCode ?? 0);
          case "input":
            return outputs?.input ?? "";
          case "stderr":
            return (outputs?.stderr ?? "").trim();
          default:
            return (outputs?.stdout ?? "").trim();
        }
      },
      // Its needs are completed, so the value is the same in every round (spec 2.3).
      variable: (name) =>
        Object.hasOwn(spec.vars, name) ? expandPlain(spec.vars[name]!, values) : undefined,
    };
    return values;
  }

  #runScripts(spec: TaskSpec, signal: AbortSignal, still: () => boolean): Promise<Round> {
    return runRound(spec, {
      values: this.#values(spec),
      hasInput: this.#record(spec.name).input !== undefined,
      labUser: this.#labUser,
      scratch: this.#scratch,
      signal,
      still,
    });
  }

  /** One round; what learners see changes only at its end. */
  async #round(task: string, signal: AbortSignal): Promise<void> {
    const spec = this.#specs.get(task)!;
    const record = this.#record(task);
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
      this.#move(task, TaskState.completed);
      this.#advance();
      return;
    }
    const hint = round.hintcheck && !round.hintcheck.timedOut ? printed(round.hintcheck) : "";
    if (hint !== record.hint) {
      record.hint = hint;
      this.#emit(task);
    }
  }

  #keep(spec: TaskSpec, record: TaskRecord, round: Round, dry: boolean): void {
    const { generation } = spec;
    this.#runs.add(spec.name, { ...round, n: record.rounds, generation, dry });
  }

  /** One round of an own task for its author: nothing of its state changes. @returns it as JSON. */
  async dryRun(task: string): Promise<string> {
    const spec = this.#own().find(({ name }) => name === task);
    if (!spec || !this.#authorView) return JSON.stringify({ error: `there is no task ${task}` });
    if (this.#dry.has(task))
      return JSON.stringify({ error: "it is being run: one at a time for each task" });
    this.#dry.add(task);
    try {
      const { signal } = this.#stop;
      const round = await this.#turn(task, () =>
        this.#runScripts(spec, signal, () => !signal.aborted),
      );
      const now = this.#specs.get(task);
      if (now?.machine === this.#machine && now.generation === spec.generation)
        this.#keep(spec, this.#record(task), round, true);
      return bounded([
        { ...round, n: this.#record(task).rounds, generation: spec.generation, dry: true },
      ]);
    } finally {
      this.#dry.delete(task);
    }
  }

  /** Last runs of an own task as JSON, newest first; empty but in an author's play. */
  describeRuns(task: string): string {
    return bounded(this.#authorView ? this.#runs.of(task) : []);
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
    this.#wakes++;
    for (const sleeper of this.#sleepers) sleeper();
  }

  /** Takes a learner's input. @returns what is wrong with it, or an empty string. */
  submit(task: string, value: Buffer, destination = ""): string {
    const spec = this.#specs.get(task);
    if (!spec) return `there is no task ${task}`;
    if (value.length > INPUT_BYTES) return `an input has at most ${INPUT_BYTES} bytes`;
    if (value.includes(0)) return "an input must not hold a NUL byte";
    if (spec.machine !== this.#machine) {
      this.forwardInput(task, value);
      return "";
    }
    const record = this.#record(task);
    if (record.state === TaskState.completed || record.state === TaskState.failed)
      return `task ${task} is ${taskStateName(record.state)} already`;
    record.input = value.toString("utf8");
    this.#book.save();
    const path = destination || spec.destination;
    if (path.startsWith("/")) {
      try {
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, value, { mode: 0o644 });
        chmodSync(path, 0o644);
      } catch (error) {
        return `${path} could not be written: ${(error as Error).message}`;
      }
    }
    this.wake();
    return "";
  }

  /** A task of another machine moved. */
  peer(change: PeerChanged): void {
    const { task, state, generation } = change;
    const old = this.#peers.get(task);
    if (old && old.generation > generation) return;
    const known = old?.generation === generation ? old : undefined;
    if (known && known.state > state) return;
    this.#peers.set(task, { state, outputs: change.outputs ?? known?.outputs, generation });
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
    this.#attended = attended;
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
    return [...this.#specs.values()].map(({ name, machine, kind }) => ({
      name,
      machine,
      kind,
      state: this.state(name),
    }));
  }

  /** What `examinerctl task get` may tell: outputs only in an author's play. */
  get(task: string): Record<string, unknown> | undefined {
    const spec = this.#specs.get(task);
    if (!spec) return undefined;
    const plain = {
      name: task,
      machine: spec.machine,
      kind: spec.kind,
      status: taskStateName(this.state(task)),
      needs: spec.needs,
    };
    return this.#authorView && spec.machine === this.#machine ? this.#authorRow(spec) : plain;
  }

  #authorRow(spec: TaskSpec): Record<string, unknown> {
    const record = this.#record(spec.name);
    const { at, durationMs, run, failcheck, hintcheck } = this.#runs.last(spec.name);
    const check = (prefix: string, result?: ScriptResult) => ({
      [`${prefix}ExitCode`]: result?.exitCode ?? null,
      [`${prefix}Stdout`]: result ? [result.stdout] : [],
      [`${prefix}Stderr`]: result ? [result.stderr] : [],
    });
    return {
      name: spec.name,
      machine: spec.machine,
      kind: spec.kind,
      init: spec.kind === "init",
      helper: spec.kind === "helper",
      state: record.state,
      status: taskStateName(record.state),
      version: this.#book.book.version,
      rounds: record.rounds,
      generation: record.generation,
      blockedBy: this.#blockedBy(spec),
      needs: spec.needs,
      run: spec.run,
      env: spec.env,
      user: spec.user || "root",
      timeoutSeconds: spec.timeoutSeconds,
      hintcheck: spec.hintcheck,
      failcheck: spec.failcheck,
      exitCode: run?.exitCode ?? null,
      stdout: run?.stdout ?? record.outputs?.stdout ?? "",
      stderr: run?.stderr ?? "",
      lastRunAt: at ? new Date(at).toISOString() : null,
      lastDurationMs: durationMs ?? null,
      hint: record.hint,
      failure: record.failure,
      ...check("hintcheck", hintcheck),
      ...check("failcheck", failcheck),
    };
  }

  /** The author view of all own tasks, as JSON. */
  describe(): string {
    return JSON.stringify(this.#own().map((spec) => this.#authorRow(spec)));
  }

  /** Ends running scripts; states stay on disk. */
  stop(): void {
    clearTimeout(this.#catchUp);
    this.#stop.abort();
  }
}

/** Characters of an answer at most: the channel takes messages of 1 MiB. */
const ANSWER = 300_000;

/** Rounds as JSON, without the oldest ones that would make it too long. */
function bounded(rounds: object[]): string {
  for (let count = rounds.length; count > 0; count--) {
    const json = JSON.stringify(rounds.slice(0, count));
    if (Buffer.byteLength(json) <= ANSWER * 3 || count === 1) return json;
  }
  return "[]";
}
