import type { GraphTask } from "./layout";

/**
 * The needs that decided the time of a solved play, as "from/to": from the task that completed last, back through the
 * need that completed last. `at` gives unix ms.
 */
export function decidingPath(tasks: GraphTask[], at: (name: string) => number): Set<string> {
  const by = new Map(tasks.map((task) => [task.name, task]));
  const latest = (names: string[]) =>
    names
      .filter((name) => by.has(name))
      .toSorted((a, b) => at(a) - at(b))
      .at(-1);
  const edges = new Set<string>();
  let to = latest(tasks.map((task) => task.name));
  while (to !== undefined) {
    const from = latest(by.get(to)!.needs);
    if (from === undefined || edges.has(`${from}/${to}`)) break;
    edges.add(`${from}/${to}`);
    to = from;
  }
  return edges;
}
