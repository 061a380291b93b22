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
import { account, runScript, type ScriptResult } from "./script.ts";
import type { TaskBook, TaskRecord } from "./task-book.ts";
import { expandPlain, expandScript, usesInput, type Values } from "./template.ts";
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

/** Author view of a task's last scripts (spec 5.10). */
interface LastRuns {
  run?: ScriptResult;
  failcheck?: ScriptResult;
  hintcheck?: ScriptResult;
  at?: number;
  durationMs?: number;
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
  readonly #last = new Map<string, LastRuns>();
  readonly #looping = new Set<string>();
  readonly #peers = new Map<string, { state: number; outputs?: Outputs }>();
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

  /** Takes the graph; what is on disk goes on, and nothing that hostd knows is lowered. */
  configure(command: Configure): void {
    this.#machine = command.machine;
    this.#labUser = command.labUser || "laborant";
    this.#attended = command.attended;
    this.#authorView = command.authorView;
    this.#specs = new Map(command.tasks.map((task) => [task.name, task]));
    for (const peer of command.peers)
      this.#peers.set(peer.task, { state: peer.state, outputs: peer.outputs });
    for (const known of command.known) this.#adopt(known);
    if (command.frozen) this.#book.book.frozen = true;
    for (const spec of this.#own()) {
      const record = this.#record(spec.name);
      if (record.state === TaskState.none) this.#move(spec.name, TaskState.created);
    }
    this.#book.save();
    this.onScripts(
      this.#own().flatMap(({ run, failcheck, hintcheck, user }) => {
        const home = account(user || "root")?.home ?? "";
        return [run, failcheck, hintcheck].map((text) => ({ text, home }));
      }),
    );
    this.#advance();
  }

  #adopt(known: KnownTask): void {
    const record = this.#record(known.task);
    if (known.state <= record.state) return;
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
      atMs: performance.timeOrigin + performance.now(),
      blockedBy: record.state === TaskState.blocked ? this.#blockedBy(spec) : [],
      outputs:
        record.state === TaskState.completed && spec.shareOutputs ? record.outputs : undefined,
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
        void this.#loop(spec.name);
      } else if (state === TaskState.created) this.#move(spec.name, TaskState.blocked);
    }
  }

  async #loop(task: string): Promise<void> {
    if (this.#looping.has(task)) return;
    this.#looping.add(task);
    try {
      // Starting a process holds everything else up: what was just told leaves first.
      await this.#left;
      while (
        !this.#stop.signal.aborted &&
        !this.#book.book.frozen &&
        this.#record(task).state === TaskState.running
      ) {
        const seen = this.#wakes;
        this.#rounds++;
        try {
          await this.#round(task);
        } finally {
          this.#rounds--;
          this.#lastRoundEnd = Date.now();
        }
        if (this.#record(task).state === TaskState.running)
          await this.#rest(seen, this.#specs.get(task)?.kind === "helper");
      }
    } finally {
      this.#looping.delete(task);
    }
  }

  /** Waits for the next tick, or for a wake-up since `seen`. */
  async #rest(seen: number, helper: boolean): Promise<void> {
    await this.#pause(this.#pace.woken);
    if (this.#wakes !== seen && !helper) return;
    const tick = helper || this.#attended ? this.#pace.attended : this.#pace.idle;
    await this.#pause(tick - this.#pace.woken, helper ? undefined : seen);
  }

  #pause(ms: number, seen?: number): Promise<void> {
    return new Promise((resolve) => {
      if (this.#stop.signal.aborted || (seen !== undefined && this.#wakes !== seen))
        return resolve();
      const done = () => {
        clearTimeout(timer);
        this.#sleepers.delete(done);
        this.#stop.signal.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.#stop.signal.addEventListener("abort", done, { once: true });
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

  /** One round: failcheck, run, hintcheck (spec 5.3); what learners see changes only at its end. */
  async #round(task: string): Promise<void> {
    const spec = this.#specs.get(task)!;
    const record = this.#record(task);
    const values = this.#values(spec);
    const scripts = [spec.run, spec.failcheck, spec.hintcheck];
    const waitsForInput = record.input === undefined && [...scripts, ...spec.env].some(usesInput);
    const env = Object.fromEntries(
      spec.env.map((entry) => {
        const at = entry.indexOf("=");
        return [entry.slice(0, at), expandPlain(entry.slice(at + 1), values).replaceAll("\0", "")];
      }),
    );
    const run = (script: string) =>
      runScript(expandScript(script, values), {
        user: spec.user,
        env,
        timeoutSeconds: spec.timeoutSeconds || 60,
        labUser: this.#labUser,
        signal: this.#stop.signal,
        scratch: this.#scratch,
      });
    const last: LastRuns = { ...this.#last.get(task), at: Date.now() };
    const begun = performance.now();
    const keep = () =>
      this.#last.set(task, { ...last, durationMs: Math.round(performance.now() - begun) });
    const still = () =>
      !this.#stop.signal.aborted && !this.#book.book.frozen && record.state === TaskState.running;
    if (spec.failcheck && spec.kind !== "helper") {
      last.failcheck = await run(spec.failcheck);
      keep();
      if (!still()) return;
      if (last.failcheck.exitCode !== 0 && !last.failcheck.timedOut) {
        record.rounds++;
        record.failure = (last.failcheck.stdout + last.failcheck.stderr).trim();
        record.hint = "";
        this.#move(task, TaskState.failed);
        this.freeze();
        return;
      }
    }
    if (waitsForInput) {
      record.rounds++;
      return;
    }
    const inputBefore = record.input;
    last.run = await run(spec.run);
    keep();
    if (!still()) return;
    record.rounds++;
    if (spec.kind === "helper") return;
    if (last.run.exitCode === 0) {
      record.outputs = {
        stdout: last.run.stdout.trim(),
        stderr: last.run.stderr.trim(),
        exitCode: 0,
        input: inputBefore ?? "",
      };
      record.hint = "";
      this.#move(task, TaskState.completed);
      this.#advance();
      return;
    }
    let hint = "";
    if (spec.hintcheck) {
      last.hintcheck = await run(spec.hintcheck);
      keep();
      if (!still()) return;
      if (!last.hintcheck.timedOut) hint = (last.hintcheck.stdout + last.hintcheck.stderr).trim();
    }
    if (hint !== record.hint) {
      record.hint = hint;
      this.#emit(task);
    }
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
    const known = this.#peers.get(change.task);
    if (known && known.state > change.state) return;
    this.#peers.set(change.task, {
      state: change.state,
      outputs: change.outputs ?? known?.outputs,
    });
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
    const last = this.#last.get(spec.name);
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
      needs: spec.needs,
      run: spec.run,
      env: spec.env,
      user: spec.user || "root",
      timeoutSeconds: spec.timeoutSeconds,
      hintcheck: spec.hintcheck,
      failcheck: spec.failcheck,
      exitCode: last?.run?.exitCode ?? null,
      stdout: last?.run?.stdout ?? record.outputs?.stdout ?? "",
      stderr: last?.run?.stderr ?? "",
      lastRunAt: last?.at ? new Date(last.at).toISOString() : null,
      lastDurationMs: last?.durationMs ?? null,
      hint: record.hint,
      failure: record.failure,
      ...check("hintcheck", last?.hintcheck),
      ...check("failcheck", last?.failcheck),
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
