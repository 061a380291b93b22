import type { TaskComponent } from "./components.ts";
import type { Task } from "./model.ts";
import { MAX_TASKS, readTask, type At } from "./read-task.ts";
import type { Source } from "./source.ts";
import { asMap, asText } from "./value.ts";

/** Tasks of one graph, layer over layer, and where each is written. */
export class TaskLayers {
  readonly tasks = new Map<string, Task>();
  readonly #source: Source;
  readonly #places = new Map<string, { at: At; spec: Record<string, unknown> }>();

  constructor(source: Source) {
    this.#source = source;
  }

  /** Adds tasks that are written elsewhere: problems are told at the playground's name. */
  inheritAll(tasks: readonly Task[], machines: string[]): void {
    for (const task of tasks) {
      if (!machines.includes(task.machine)) {
        this.#source.warn(
          "AG048",
          ["playground"],
          `init task ${task.name} of the playground is left out: there is no machine ${task.machine} here`,
          "nothing to do, unless a task needs it",
        );
        continue;
      }
      this.tasks.set(task.name, { ...task, needs: [...task.needs] });
      this.#places.set(task.name, { at: ["playground"], spec: {} });
    }
  }

  /** Adds a map of tasks; a later layer replaces an earlier one by name (spec 3.2). */
  layer(at: At, machines: string[], components: TaskComponent[], given: unknown): void {
    const all = Object.entries(asMap(given));
    if (all.length > MAX_TASKS)
      this.#source.error(
        "AG069",
        [...at, all[MAX_TASKS]![0]],
        `there are ${all.length} tasks`,
        `use at most ${MAX_TASKS}; only these are looked at`,
      );
    const value = Object.fromEntries(all.slice(0, MAX_TASKS));
    const specs = Object.values(value).map(asMap);
    // Legacy: where no task at all names a machine, each runs on every one (V8).
    const everywhere =
      machines.length > 1 &&
      specs.length > 0 &&
      this.tasks.size === 0 &&
      specs.every((spec) => !asText(spec["machine"]));
    if (everywhere)
      this.#source.warn(
        "AG068",
        at,
        `no task names a machine, so each runs on all ${machines.length}`,
        `add machine: to each task: one of ${machines.join(", ")}`,
      );
    for (const [name, one] of Object.entries(value)) {
      const spec = asMap(one);
      const component = components.find((candidate) => candidate.name === name);
      this.#places.set(name, { at: [...at, name], spec });
      this.tasks.set(
        name,
        readTask(this.#source, [...at, name], name, spec, machines, component, everywhere),
      );
    }
  }

  /** Where a task, a field or an entry of its list is written. */
  place(task: string, field?: string, entry?: string): At {
    const { at, spec } = this.#places.get(task) ?? { at: ["vars"], spec: {} };
    if (!field || spec[field] === undefined) return at;
    const list = spec[field];
    const index = Array.isArray(list) ? list.indexOf(entry) : -1;
    return index >= 0 ? [...at, field, index] : [...at, field];
  }
}
