import type { KnownTask, PeerChanged, TaskChanged, TaskSpec } from "@agon/protocol/machine";
import { TaskState, mayMove } from "@agon/protocol/task-state";

/** Bytes of a hint, a failure or an output at most. */
const TEXT = 65_536;
/** Changes of hints that one task may have; later ones are not passed on. */
const MAX_HINTS = 2_000;
/** Milliseconds by which a machine's clock may be off and still tell something. */
const CLOCK = 24 * 3_600_000;
/** Letters of how an init task's round ended: words of the examiner. */
const TROUBLE = 200;
const CODES = new Set<number>(Object.values(TaskState));

/**
 * What became of a change that a machine reported. Of a task that runs everywhere, `instance` is that
 * machine's part, and `changed` the merged task; when the merged one stays as it is, the kind is "part".
 * "outputs" are those of a completed task that nobody named before.
 */
export type Verdict =
  | { kind: "outputs"; changed: TaskChanged }
  | { kind: "accepted"; changed: TaskChanged; instance?: KnownTask }
  | { kind: "part"; instance: KnownTask }
  | { kind: "known" }
  | { kind: "refused"; why: string };

/** The task graph of a play as hostd knows it. Decides which reported changes are possible. */
export class TaskLedger {
  #specs: Map<string, TaskSpec>;
  readonly #known: Record<string, KnownTask>;
  readonly #hints = new Map<string, number>();
  readonly #machines: string[];

  /** @param machines names of all machines of the play, the first one first.
   *  @param known kept up to date in place: it is part of the play's state on disk. */
  constructor(specs: TaskSpec[], machines: string[], known: Record<string, KnownTask>) {
    this.#machines = machines;
    this.#specs = new Map(specs.map((spec) => [spec.name, spec]));
    this.#known = known;
    this.#forget();
  }

  /** Another graph: what is known of tasks that vanished or start over is forgotten. */
  update(specs: TaskSpec[]): void {
    this.#specs = new Map(specs.map((spec) => [spec.name, spec]));
    this.#hints.clear();
    this.#forget();
  }

  #forget(): void {
    const kept = new Set(
      [...this.#specs.values()].flatMap((spec) =>
        [spec.name, ...this.#machines.map((machine) => this.#key(spec, machine))].filter(
          (key) => (this.#known[key]?.generation ?? 0) === spec.generation,
        ),
      ),
    );
    for (const key of Object.keys(this.#known)) if (!kept.has(key)) delete this.#known[key];
  }

  spec(task: string): TaskSpec | undefined {
    return this.#specs.get(task);
  }

  state(task: string): number {
    return this.#known[task]?.state ?? TaskState.none;
  }

  /** How the last round of an init task ended that is still running; empty = nothing is known. */
  trouble(task: string): string {
    return this.#known[task]?.trouble ?? "";
  }

  /** Whether a task runs on a machine. */
  #runsOn(spec: TaskSpec | undefined, machine: string): boolean {
    if (!spec?.everywhere) return spec?.machine === machine;
    return this.#machines.includes(machine);
  }

  /** Key of a task's state on a machine: its own one, unless it runs everywhere. */
  #key(spec: TaskSpec, machine: string): string {
    return spec.everywhere ? `${spec.name}@${machine}` : spec.name;
  }

  /** Merges the parts of a task that runs everywhere (spec 4.4, V8): completed when all are, failed when any is. */
  #merge(spec: TaskSpec, instance: KnownTask, changed: TaskChanged): Verdict {
    const parts = this.#machines.map((machine) => {
      const key = this.#key(spec, machine);
      return { machine, part: key === instance.task ? instance : this.#known[key] };
    });
    const states = parts.map(({ part }) => part?.state ?? TaskState.none);
    const state = states.includes(TaskState.failed)
      ? TaskState.failed
      : states.every((one) => one === TaskState.completed)
        ? TaskState.completed
        : Math.min(TaskState.running, Math.max(...states));
    const told = (field: "hint" | "failure" | "trouble") =>
      parts
        .filter(({ part }) => part?.[field])
        .map(({ machine, part }) => `${machine}: ${part![field]}`)
        .join("\n")
        .slice(0, TEXT);
    const merged = {
      ...changed,
      state,
      hint: told("hint"),
      failure: told("failure"),
      trouble: told("trouble") || undefined,
    };
    const before = this.#known[spec.name];
    return before &&
      before.state === state &&
      before.hint === merged.hint &&
      before.trouble === merged.trouble
      ? { kind: "part", instance }
      : { kind: "accepted", changed: { ...merged, outputs: undefined }, instance };
  }

  /** Takes over a machine's part of a task that runs everywhere. */
  applyPart(instance: KnownTask): void {
    const spec = this.#specs.get(instance.task.slice(0, instance.task.lastIndexOf("@")));
    if (instance.generation !== spec?.generation) return;
    if (instance.state >= (this.#known[instance.task]?.state ?? 0))
      this.#known[instance.task] = instance;
  }

  /** Judges a change of a machine: is it that machine's task, a legal move, and are its needs completed? */
  judge(machine: string, change: TaskChanged): Verdict {
    const spec = this.#specs.get(change.task);
    if (!spec) return { kind: "refused", why: "the play has no such task" };
    if (!this.#runsOn(spec, machine))
      return { kind: "refused", why: `the task belongs to ${spec.machine}` };
    // A task that started over meanwhile: what its older self did does not matter any more.
    if (change.generation !== spec.generation) return { kind: "known" };
    if (!CODES.has(change.state)) return { kind: "refused", why: "there is no such state" };
    const key = this.#key(spec, machine);
    const from = this.state(key);
    const accepted = (changed: TaskChanged): Verdict =>
      spec.everywhere
        ? this.#merge(
            spec,
            {
              task: key,
              state: changed.state,
              hint: changed.hint,
              failure: changed.failure,
              trouble: changed.trouble,
              outputs: changed.outputs,
              generation: spec.generation,
              blockedBy: [],
            },
            changed,
          )
        : { kind: "accepted", changed };
    if (change.state < from) return { kind: "known" };
    const changed: TaskChanged = {
      ...change,
      hint: change.hint.slice(0, TEXT),
      failure: change.failure.slice(0, TEXT),
      trouble: spec.kind === "init" ? change.trouble?.slice(0, TROUBLE) : undefined,
      atMs: Math.abs(change.atMs - Date.now()) < CLOCK ? change.atMs : 0,
      blockedBy: change.blockedBy.filter((need) => spec.needs.includes(need)),
      outputs:
        change.outputs &&
        change.state === TaskState.completed &&
        (spec.shareOutputs || spec.publishOutputs)
          ? {
              ...change.outputs,
              stdout: change.outputs.stdout.slice(0, TEXT),
              stderr: change.outputs.stderr.slice(0, TEXT),
            }
          : undefined,
    };
    if (change.state === from) {
      if (changed.outputs && !this.#known[key]?.outputs && !spec.everywhere)
        return { kind: "outputs", changed };
      const { hint = "", trouble } = this.#known[key] ?? {};
      const same = hint === changed.hint && trouble === changed.trouble;
      if (from !== TaskState.running || same) return { kind: "known" };
      const count = (this.#hints.get(key) ?? 0) + 1;
      this.#hints.set(key, count);
      if (count > MAX_HINTS) return { kind: "refused", why: "its hint changed too often" };
      return accepted(changed);
    }
    if (!mayMove(from, change.state))
      return { kind: "refused", why: `it can't move from ${from} to ${change.state}` };
    if (change.state >= TaskState.running) {
      const open = spec.needs.filter((need) => {
        const needed = this.#specs.get(need);
        return this.state(needed ? this.#key(needed, machine) : need) !== TaskState.completed;
      });
      if (open.length > 0) return { kind: "refused", why: `it needs ${open.join(", ")} first` };
    }
    return accepted(changed);
  }

  /** Takes an accepted change over, once it is in the journal. */
  apply(changed: TaskChanged): void {
    const { task, state, hint, failure, trouble, generation } = changed;
    if (state < this.state(task) || generation !== this.#specs.get(task)?.generation) return;
    // The journal is read again after a restart: what was told later than it stays.
    const outputs = changed.outputs ?? this.#known[task]?.outputs;
    this.#known[task] = {
      task,
      state,
      hint,
      failure,
      trouble,
      outputs,
      generation,
      blockedBy: [],
    };
  }

  /** Needs that keep a blocked task from running. */
  openNeeds({ task, state }: KnownTask): string[] {
    const needs = state === TaskState.blocked ? (this.#specs.get(task)?.needs ?? []) : [];
    return needs.filter((need) => this.state(need) !== TaskState.completed);
  }

  /** Whether a regular or init task failed: then nothing is evaluated any more. */
  get frozen(): boolean {
    return [...this.#specs.values()].some(
      (spec) => spec.kind !== "helper" && this.state(spec.name) === TaskState.failed,
    );
  }

  /**
   * The first init task that is in (or not in) a state. Scripts of variables (`var_NAME`) are none here: one
   * may find its value only after the learner did something, and what needs it waits for it by itself.
   */
  init(wanted: (state: number) => boolean): TaskSpec | undefined {
    return [...this.#specs.values()].find(
      ({ kind, name }) => kind === "init" && !name.startsWith("var_") && wanted(this.state(name)),
    );
  }

  /** The graph as a machine may know it: scripts and settings of its own tasks only. */
  graphFor(machine: string): TaskSpec[] {
    return [...this.#specs.values()].map((spec) =>
      this.#runsOn(spec, machine)
        ? { ...spec, machine }
        : {
            ...spec,
            run: "",
            env: [],
            failcheck: "",
            hintcheck: "",
            user: "",
            destination: "",
            vars: {},
            timeoutSeconds: 0,
          },
    );
  }

  /** Own tasks of a machine as the journal has them. */
  knownOf(machine: string): KnownTask[] {
    return [...this.#specs.values()].flatMap((spec) => {
      const known = this.#runsOn(spec, machine) && this.#known[this.#key(spec, machine)];
      return known ? [{ ...known, task: spec.name }] : [];
    });
  }

  /** What a machine is told of a task of another one: outputs only when its own templates name it. */
  peer(machine: string, task: string): PeerChanged {
    const state = this.state(task);
    const named = [...this.#specs.values()].some(
      (spec) =>
        this.#runsOn(spec, machine) &&
        [
          spec.run,
          spec.failcheck,
          spec.hintcheck,
          ...spec.env,
          ...Object.values(spec.vars ?? {}),
        ].some((text) => mentions(text, task)),
    );
    return {
      task,
      state,
      outputs: named ? this.#known[task]?.outputs : undefined,
      generation: this.#specs.get(task)?.generation ?? 0,
    };
  }

  /** What a machine is told of all tasks of others. */
  peersOf(machine: string): PeerChanged[] {
    return [...this.#specs.values()]
      .filter((spec) => !this.#runsOn(spec, machine))
      .map((spec) => this.peer(machine, spec.name));
  }

  /** Rows of a machine that does not answer: states only. */
  rowsOf(machine: string): object[] {
    return [...this.#specs.values()]
      .filter((spec) => this.#runsOn(spec, machine))
      .map((spec) => ({
        name: spec.name,
        machine,
        status: this.state(this.#key(spec, machine)),
        init: spec.kind === "init",
        helper: spec.kind === "helper",
        needs: spec.needs,
        controlPlaneOnly: true,
      }));
  }
}

function mentions(text: string, task: string): boolean {
  for (
    let at = text.indexOf(`.needs.${task}`);
    at >= 0;
    at = text.indexOf(`.needs.${task}`, at + 1)
  )
    if (!/[\w-]/.test(text[at + 7 + task.length] ?? "")) return true;
  return false;
}
