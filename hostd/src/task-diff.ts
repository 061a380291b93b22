import type { TaskSpec } from "@agon/protocol/machine";

/** What a live change of a task graph means for each task. */
export interface GraphChange {
  /** The new graph; what starts over has the new generation, all others keep theirs. */
  tasks: TaskSpec[];
  added: string[];
  /** Changed tasks and everything that depends on them. */
  restarted: string[];
  removed: string[];
  /** Something of the graph is different, be it only an init task's script. */
  changed: boolean;
}

/**
 * Compares two graphs by what decides each task's behaviour. Init tasks never start over: a changed one
 * keeps its state, for its machine is prepared already.
 * @param generation of what starts over or is new; greater than all before it.
 */
export function diffTasks(before: TaskSpec[], after: TaskSpec[], generation: number): GraphChange {
  const old = new Map(before.map((task) => [task.name, task]));
  const inits = new Set(
    [...before, ...after].filter(({ kind }) => kind === "init").map(({ name }) => name),
  );
  const added = new Set(after.filter(({ name }) => !old.has(name)).map(({ name }) => name));
  const restarted = new Set<string>();
  const prepares = (task: TaskSpec) => task.kind === "init" && old.get(task.name)?.kind === "init";
  for (const task of after) {
    const known = old.get(task.name);
    if (!known || prepares(task)) {
      // Of an init task only a move to another machine makes it another task.
      if (known && known.machine !== task.machine) restarted.add(task.name);
    } else if (behaviour(known, inits) !== behaviour(task, inits)) restarted.add(task.name);
  }
  for (let more = true; more;) {
    more = false;
    for (const { name, kind, needs } of after) {
      if (kind === "init" || added.has(name) || restarted.has(name)) continue;
      if (!needs.some((need) => restarted.has(need) || added.has(need))) continue;
      restarted.add(name);
      more = true;
    }
  }
  const tasks = after.map((task) => ({
    ...task,
    generation:
      added.has(task.name) || restarted.has(task.name)
        ? generation
        : old.get(task.name)!.generation,
  }));
  const removed = before
    .map(({ name }) => name)
    .filter((name) => !after.some((t) => t.name === name));
  return {
    tasks,
    added: [...added],
    restarted: [...restarted],
    removed,
    changed: JSON.stringify(before) !== JSON.stringify(tasks),
  };
}

/** Everything that decides what a task does and when, as text. A need of an init task that only vanished changes nothing. */
function behaviour(task: TaskSpec, inits: ReadonlySet<string>): string {
  return JSON.stringify([
    task.machine,
    task.kind,
    task.needs.filter((need) => !inits.has(need)).toSorted(),
    task.run,
    task.failcheck,
    task.hintcheck,
    task.user || "root",
    task.env,
    task.timeoutSeconds,
    task.destination,
    Object.entries(task.vars).toSorted(([a], [b]) => (a < b ? -1 : 1)),
    task.everywhere,
  ]);
}
