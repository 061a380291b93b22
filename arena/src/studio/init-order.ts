/** A task and what it needs; needs that are none of these tasks are met elsewhere. */
interface Needing {
  name: string;
  needs: readonly string[];
}

/** Tasks in the order in which they may start: those of one row together. What goes in a circle never does. */
export function initOrder(tasks: readonly Needing[]): { rows: string[][]; never: string[] } {
  const rows: string[][] = [];
  let left = [...tasks];
  const known = new Set(tasks.map(({ name }) => name));
  const done = new Set<string>();
  while (left.length) {
    const row = left.filter(({ needs }) =>
      needs.every((need) => !known.has(need) || done.has(need)),
    );
    if (!row.length) break;
    for (const { name } of row) done.add(name);
    rows.push(row.map(({ name }) => name));
    left = left.filter(({ name }) => !done.has(name));
  }
  return { rows, never: left.map(({ name }) => name) };
}

/** Does one task wait for another, by itself or through others? */
export function waitsFor(tasks: readonly Needing[], name: string, other: string): boolean {
  const needs = new Map(tasks.map((task) => [task.name, task.needs]));
  const seen = new Set<string>();
  const open = [name];
  while (open.length) {
    for (const need of needs.get(open.pop()!) ?? []) {
      if (need === other) return true;
      if (!seen.has(need)) open.push(need);
      seen.add(need);
    }
  }
  return false;
}
