import type { Configure, Outputs, PeerChanged, TaskSpec } from "@agon/protocol/machine";
import { TaskState, taskStateName } from "@agon/protocol/task-state";
import type { TaskBook, TaskRecord } from "./task-book.ts";
import { expandPlain, type Values } from "./template.ts";

/** What is known of a task of another machine. */
interface Peer {
  state: number;
  outputs?: Outputs;
  generation: number;
}

/** The tasks of a play as one machine knows them: its own from its book, the others as hostd tells. */
export class TaskGraph {
  readonly #book: TaskBook;
  #specs = new Map<string, TaskSpec>();
  #peers = new Map<string, Peer>();
  #machine = "";

  constructor(book: TaskBook) {
    this.#book = book;
  }

  /** Tasks of the whole play. */
  get size(): number {
    return this.#specs.size;
  }

  /** Takes another graph. @returns the specs before it, by name. */
  take({ machine, tasks, peers }: Configure): Map<string, TaskSpec> {
    const before = this.#specs;
    this.#machine = machine;
    this.#specs = new Map(tasks.map((task) => [task.name, task]));
    this.#peers = new Map(
      peers.map(({ task, state, outputs, generation }) => [task, { state, outputs, generation }]),
    );
    return before;
  }

  spec(task: string): TaskSpec | undefined {
    return this.#specs.get(task);
  }

  isOwn(spec: TaskSpec | undefined): spec is TaskSpec {
    return spec?.machine === this.#machine;
  }

  /** Specs of this machine's tasks. */
  own(): TaskSpec[] {
    return [...this.#specs.values()].filter((spec) => this.isOwn(spec));
  }

  /** What is kept of an own task; begun when there is nothing yet. */
  record(task: string): TaskRecord {
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
    return this.isOwn(this.#specs.get(task))
      ? this.record(task).state
      : (this.#peers.get(task)?.state ?? TaskState.none);
  }

  /** Needs of a task that are not completed. */
  blockedBy(spec: TaskSpec): string[] {
    return spec.needs.filter((need) => this.state(need) !== TaskState.completed);
  }

  /** A task of another machine moved. @returns false when that is older than what is known. */
  peer({ task, state, generation, outputs }: PeerChanged): boolean {
    const old = this.#peers.get(task);
    if (old && old.generation > generation) return false;
    const known = old?.generation === generation ? old : undefined;
    if (known && known.state > state) return false;
    this.#peers.set(task, { state, outputs: outputs ?? known?.outputs, generation });
    return true;
  }

  /** Values that a task's scripts may name. */
  values(spec: TaskSpec): Values {
    const values: Values = {
      input: this.record(spec.name).input ?? "",
      need: (task, attribute) => {
        const outputs = this.isOwn(this.#specs.get(task))
          ? this.record(task).outputs
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

  /** Names, kinds and states of the whole play. */
  list(): { name: string; machine: string; kind: string; state: number }[] {
    return [...this.#specs.values()].map(({ name, machine, kind }) => ({
      name,
      machine,
      kind,
      state: this.state(name),
    }));
  }
}
