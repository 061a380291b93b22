import type { TaskInfo } from "~/live/types";

/** Geometry of the look: nodes of 174 × 48 in lanes of 200, rows every 84. */
export const LANE = 200;
const ROW = 84;
const TOP = 44;
const NODE_WIDTH = 174;
export const NODE_HEIGHT = 48;

export interface Placed {
  task: TaskInfo;
  rank: number;
  lane: number;
  left: number;
  top: number;
}
export interface Edge {
  from: string;
  to: string;
  path: string;
  head: string;
}
export interface Layout {
  lanes: string[];
  nodes: Placed[];
  edges: Edge[];
  height: number;
  width: number;
}

/** Places regular tasks by longest path and machine; a place never changes while a play runs. */
export function layout(tasks: TaskInfo[], machines: string[]): Layout {
  const regular = new Map(
    tasks.filter((task) => task.kind === "regular").map((task) => [task.name, task]),
  );
  const ranks = new Map<string, number>();
  const rank = (name: string, depth = 0): number => {
    const known = ranks.get(name);
    if (known !== undefined || depth > 200) return known ?? 0;
    const needs = (regular.get(name)?.needs ?? []).filter((need) => regular.has(need));
    const value = needs.length ? 1 + Math.max(...needs.map((need) => rank(need, depth + 1))) : 0;
    ranks.set(name, value);
    return value;
  };
  const lanes = machines.filter((machine) =>
    [...regular.values()].some((task) => task.machine === machine),
  );
  const taken = new Set<string>();
  const nodes = [...regular.values()]
    .sort((a, b) => rank(a.name) - rank(b.name))
    .map((task): Placed => {
      const lane = Math.max(0, lanes.indexOf(task.machine));
      let row = rank(task.name);
      while (taken.has(`${lane}/${row}`)) row++;
      taken.add(`${lane}/${row}`);
      return {
        task,
        rank: row,
        lane,
        left: lane * LANE + (LANE - NODE_WIDTH) / 2,
        top: TOP + row * ROW,
      };
    });
  const by = new Map(nodes.map((node) => [node.task.name, node]));
  const reaches = (from: string, to: string, depth = 0): boolean =>
    depth < 60 &&
    (regular.get(to)?.needs ?? []).some(
      (need) => need === from || (regular.has(need) && reaches(from, need, depth + 1)),
    );
  const edges = nodes.flatMap(({ task }) =>
    task.needs
      .filter((need) => regular.has(need))
      // An edge that others imply is left out.
      .filter(
        (need) =>
          !task.needs.some((other) => other !== need && regular.has(other) && reaches(need, other)),
      )
      .map((need) => edge(by.get(need)!, by.get(task.name)!, nodes)),
  );
  const rows = Math.max(1, ...nodes.map((node) => node.rank + 1));
  return { lanes, nodes, edges, height: TOP + rows * ROW, width: Math.max(1, lanes.length) * LANE };
}

function edge(from: Placed, to: Placed, nodes: Placed[]): Edge {
  const x1 = from.left + NODE_WIDTH / 2;
  const y1 = from.top + NODE_HEIGHT;
  const y2 = to.top;
  const name = { from: from.task.name, to: to.task.name };
  if (from.lane === to.lane) {
    const between = nodes.some(
      (node) => node.lane === from.lane && node.rank > from.rank && node.rank < to.rank,
    );
    if (!between)
      return { ...name, path: `M${x1} ${y1}V${y2 - 3}`, head: `M${x1 - 3.5} ${y2 - 6}h7l-3.5 5z` };
    const side = from.left + NODE_WIDTH;
    const x = side + 8;
    const [a, b] = [from.top + NODE_HEIGHT / 2, to.top + NODE_HEIGHT / 2];
    return {
      ...name,
      path: `M${side} ${a}H${x - 5}q5 0 5 5V${b - 5}q0 5 -5 5H${side + 3}`,
      head: `M${side + 6} ${b - 3.5}v7l-5-3.5z`,
    };
  }
  const right = to.lane > from.lane;
  const startX = right ? from.left + NODE_WIDTH : from.left;
  const endX = right ? to.left : to.left + NODE_WIDTH;
  const x = right ? endX - 13 : endX + 13;
  const [a, b] = [from.top + NODE_HEIGHT / 2, to.top + NODE_HEIGHT / 2];
  const tip = right ? `M${endX - 6} ${b - 3.5}v7l5-3.5z` : `M${endX + 6} ${b - 3.5}v7l-5-3.5z`;
  return { ...name, path: `M${startX} ${a}H${x}V${b}H${right ? endX - 3 : endX + 3}`, head: tip };
}
