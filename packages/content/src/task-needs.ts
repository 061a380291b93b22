import type { Task } from "./model.ts";
import type { Source } from "./source.ts";
import type { TaskLayers } from "./task-layers.ts";

/** A path through needs that comes back to its start, or undefined. */
function findCycle(tasks: Map<string, { needs: string[] }>): string[] | undefined {
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (name: string): string[] | undefined => {
    const at = path.indexOf(name);
    if (at >= 0) return [...path.slice(at), name];
    if (done.has(name)) return undefined;
    path.push(name);
    for (const need of tasks.get(name)?.needs ?? []) {
      const found = visit(need);
      if (found) return found;
    }
    path.pop();
    done.add(name);
    return undefined;
  };
  for (const name of tasks.keys()) {
    const found = visit(name);
    if (found) return found;
  }
  return undefined;
}

/** V2, V4, V5: what a task may need. */
export function checkNeeds(source: Source, graph: TaskLayers): void {
  for (const task of graph.tasks.values())
    for (const need of task.needs) {
      const at = graph.place(task.name, "needs", need);
      const needed = graph.tasks.get(need);
      if (!needed)
        source.error(
          "AG059",
          at,
          `task ${task.name} needs unknown task "${need}"`,
          `name one of ${[...graph.tasks.keys()].join(", ")}`,
        );
      else if (needed.kind === "helper")
        source.error(
          "AG060",
          at,
          `task ${task.name} needs helper ${need}, which never completes`,
          "remove the need",
        );
      else if (task.kind === "init" && needed.kind !== "init")
        source.error(
          "AG060",
          at,
          `init task ${task.name} needs ${need}, which is no init task, so it could never start`,
          "remove the need or make it an init task",
        );
      else if (task.kind === "init" && needed.machine !== task.machine)
        source.warn(
          "AG061",
          at,
          `init task ${task.name} needs an init task of another machine`,
          "works here; other platforms may refuse it",
        );
    }
}

/** A regular task needs every init task of its own machine, but not those of variables (spec 4.3). */
export function addImplicitNeeds(tasks: Map<string, Task>, hidden: Set<string>): void {
  for (const task of tasks.values()) {
    if (task.kind !== "regular") continue;
    for (const other of tasks.values())
      if (
        other.kind === "init" &&
        other.machine === task.machine &&
        !hidden.has(other.name) &&
        !task.needs.includes(other.name)
      )
        task.needs.push(other.name);
  }
}

/** V3: no task waits for itself. */
export function checkCycle(source: Source, graph: TaskLayers): void {
  const cycle = findCycle(graph.tasks);
  if (cycle)
    source.error(
      "AG062",
      graph.place(cycle[0]!, "needs"),
      `the needs go in a circle: ${cycle.join(" → ")}`,
      "remove one of these needs",
    );
}
