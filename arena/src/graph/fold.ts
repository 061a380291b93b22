import type { GraphTask } from "./layout";

/** From this many nodes on, chains and fans fold. */
export const CROWDED = 14;
/** Fewer tasks than this are not worth a group. */
const LEAST = 3;

/** Tasks of one machine that fold to one node. */
export interface Group {
  name: string;
  members: string[];
}

/** Names with the same key, in order. */
function grouped<T>(all: T[], key: (one: T) => string): T[][] {
  return [...Map.groupBy(all, key).values()];
}

/** Chains (each needs only the one before, which only it needs) and fans (same needs, same dependents) of a machine. */
export function groupsOf(tasks: GraphTask[]): Group[] {
  if (tasks.length <= CROWDED) return [];
  const names = new Set(tasks.map((task) => task.name));
  const needs = new Map(
    tasks.map((task) => [task.name, task.needs.filter((need) => names.has(need))]),
  );
  const dependents = new Map(tasks.map((task) => [task.name, [] as string[]]));
  for (const task of tasks)
    for (const need of needs.get(task.name)!) dependents.get(need)!.push(task.name);
  const by = new Map(tasks.map((task) => [task.name, task]));
  const taken = new Set<string>();
  const groups: Group[] = [];
  const take = (members: string[]) => {
    if (members.length < LEAST) return;
    for (const member of members) taken.add(member);
    groups.push({ name: `group:${members[0]}`, members });
  };
  for (const fan of grouped(tasks, (task) =>
    JSON.stringify([
      task.machine,
      needs.get(task.name)!.toSorted(),
      dependents.get(task.name)!.toSorted(),
    ]),
  ))
    // A common neighbour is what makes it a fan; loose tasks have none.
    if (needs.get(fan[0]!.name)!.length + dependents.get(fan[0]!.name)!.length > 0)
      take(fan.map((task) => task.name));
  /** The one before in a chain, when there is one. */
  const before = (name: string): string | undefined => {
    const [need, ...more] = needs.get(name)!;
    if (need === undefined || more.length || taken.has(need)) return;
    if (dependents.get(need)!.length !== 1) return;
    return by.get(need)!.machine === by.get(name)!.machine ? need : undefined;
  };
  for (const task of tasks) {
    if (taken.has(task.name) || before(task.name) !== undefined) continue;
    const chain = [task.name];
    for (;;) {
      const next = dependents.get(chain.at(-1)!)!;
      if (next.length !== 1 || taken.has(next[0]!) || before(next[0]!) !== chain.at(-1)) break;
      chain.push(next[0]!);
    }
    take(chain);
  }
  return groups;
}

/** The tasks with each of these groups as one task of its name. */
export function fold<T extends GraphTask>(
  tasks: T[],
  groups: Group[],
  title: (group: Group) => Partial<T>,
): T[] {
  const owner = new Map(
    groups.flatMap((group) => group.members.map((member) => [member, group.name] as const)),
  );
  const out = new Map<string, T>();
  for (const task of tasks) {
    const name = owner.get(task.name) ?? task.name;
    const needs = task.needs.map((need) => owner.get(need) ?? need).filter((need) => need !== name);
    const known = out.get(name);
    const group = groups.find((one) => one.name === name);
    out.set(name, {
      ...(known ?? task),
      name,
      needs: [...new Set([...(known?.needs ?? []), ...needs])],
      ...(group && !known ? title(group) : {}),
    });
  }
  return [...out.values()];
}

/** State of a group: the worst of its members wins, failed before running, created, blocked, none, completed. */
export function worst(states: number[]): number {
  return [35, 30, 10, 20, 0, 40].find((state) => states.includes(state)) ?? 0;
}
