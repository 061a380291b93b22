import type { GraphTask } from "./layout";

/**
 * The longest chain of tasks that are still to be completed, as edges "from/to": what the play waits for
 * at least. Of equally long ones the first in the tasks' own order.
 */
export function criticalPath(tasks: GraphTask[], state: (name: string) => number): Set<string> {
  const open = new Map(
    tasks.filter((task) => state(task.name) !== 40).map((task) => [task.name, task]),
  );
  const lengths = new Map<string, number>();
  const needsOf = (name: string) => open.get(name)!.needs.filter((need) => open.has(need));
  const length = (name: string): number => {
    const known = lengths.get(name);
    if (known !== undefined) return known;
    // A cycle can't be loaded; were there one, it would end here.
    lengths.set(name, 0);
    const own = 1 + Math.max(0, ...needsOf(name).map(length));
    lengths.set(name, own);
    return own;
  };
  const longest = (names: string[]) =>
    names.reduce<string | undefined>(
      (best, name) => (best === undefined || length(name) > length(best) ? name : best),
      undefined,
    );
  const edges = new Set<string>();
  let to = longest([...open.keys()]);
  while (to !== undefined) {
    const from = longest(needsOf(to));
    if (from === undefined || edges.has(`${from}/${to}`)) break;
    edges.add(`${from}/${to}`);
    to = from;
  }
  return edges;
}

/** What a task waits for in the end: open tasks that wait for no other. */
export function rootCauses(
  name: string,
  tasks: GraphTask[],
  state: (name: string) => number,
): string[] {
  const by = new Map(tasks.map((task) => [task.name, task]));
  const seen = new Set<string>();
  const walk = (one: string): string[] => {
    if (seen.has(one)) return [];
    seen.add(one);
    const needs = (by.get(one)?.needs ?? []).filter((need) => by.has(need) && state(need) !== 40);
    return needs.length ? needs.flatMap(walk) : [one];
  };
  return walk(name).filter((root) => root !== name);
}
