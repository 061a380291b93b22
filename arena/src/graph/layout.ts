/** Geometry of the look, px: nodes of 174 × 48 with gaps of 26 between lanes, rows every 84. */
const GAP = 26;
const ROW = 84;
const TOP = 44;
const NODE_WIDTH = 174;
/** A single lane has the room of two for its titles. */
const ONLY_WIDTH = 288;
export const NODE_HEIGHT = 48;
/** From a node's side to the middle of the gap between lanes. */
const MARGIN = GAP / 2;
const CORNER = 5;

/** What the layout knows of a task. */
export interface GraphTask {
  name: string;
  machine: string;
  needs: string[];
}
export interface Placed<T extends GraphTask> {
  task: T;
  /** Longest path from a task without needs, in edges. */
  rank: number;
  /** Place in its lane; never above one of its needs. */
  row: number;
  lane: number;
  left: number;
  top: number;
  /** px; the height is always NODE_HEIGHT. */
  width: number;
}
export type Point = readonly [x: number, y: number];
export interface Edge {
  from: string;
  to: string;
  points: Point[];
  /** SVG path of the line, ending where the head begins. */
  path: string;
  /** SVG path of the arrow's head. */
  head: string;
}
export interface Layout<T extends GraphTask> {
  lanes: string[];
  nodes: Placed<T>[];
  edges: Edge[];
  height: number;
  width: number;
}

/** Places tasks (each need must be one of them, without cycles) in a lane per machine, in the machines' order. */
export function layout<T extends GraphTask>(tasks: T[], machines: string[]): Layout<T> {
  const by = new Map(tasks.map((task) => [task.name, task]));
  const needsOf = (task: T) => task.needs.filter((need) => by.has(need) && need !== task.name);
  const ranks = new Map<string, number>();
  const rank = (task: T): number => {
    const known = ranks.get(task.name);
    if (known !== undefined) return known;
    ranks.set(task.name, 0); // a cycle, which content never has, ends here
    const value = Math.max(0, ...needsOf(task).map((need) => rank(by.get(need)!) + 1));
    ranks.set(task.name, value);
    return value;
  };
  const lanes = machines.filter((machine) => tasks.some((task) => task.machine === machine));
  const nodeWidth = lanes.length > 1 ? NODE_WIDTH : ONLY_WIDTH;
  const placed = new Map<string, Placed<T>>();
  const taken = new Set<string>();
  for (const task of tasks.toSorted((a, b) => rank(a) - rank(b))) {
    const lane = Math.max(0, lanes.indexOf(task.machine));
    let row = Math.max(0, ...needsOf(task).map((need) => (placed.get(need)?.row ?? -1) + 1));
    while (taken.has(`${lane}/${row}`)) row++;
    taken.add(`${lane}/${row}`);
    placed.set(task.name, {
      task,
      rank: rank(task),
      row,
      lane,
      left: lane * (nodeWidth + GAP) + MARGIN,
      top: TOP + row * ROW,
      width: nodeWidth,
    });
  }
  const nodes = [...placed.values()];
  const above = ancestors(nodes.map(({ task }) => [task.name, needsOf(task)]));
  const edges = nodes.flatMap((node) => {
    const needs = needsOf(node.task);
    return (
      needs
        // An edge that others imply is left out.
        .filter((need) => !needs.some((other) => above.get(other)!.has(need)))
        .map((need) => edge(placed.get(need)!, node, nodes))
    );
  });
  const rows = Math.max(1, ...nodes.map((node) => node.row + 1));
  const width = Math.max(1, lanes.length) * (nodeWidth + GAP);
  return { lanes, nodes, edges, height: TOP + rows * ROW, width };
}

/** All that each name needs, directly or not; `needs` in an order where needs come first. */
function ancestors(needs: [string, string[]][]): Map<string, Set<string>> {
  const all = new Map<string, Set<string>>();
  for (const [name, direct] of needs) {
    const above = new Set(direct);
    for (const need of direct) for (const far of all.get(need) ?? []) above.add(far);
    all.set(name, above);
  }
  return all;
}

type Box = Pick<Placed<GraphTask>, "task" | "row" | "lane" | "left" | "top" | "width">;

/** Right angles only, through the gaps between lanes and rows: never over a node. */
function edge(from: Box, to: Box, nodes: Box[]): Edge {
  const middle = (box: Box) => box.top + NODE_HEIGHT / 2;
  const points = ((): Point[] => {
    if (from.lane === to.lane) {
      const x = from.left + from.width / 2;
      const between = nodes.some(
        (node) => node.lane === from.lane && node.row > from.row && node.row < to.row,
      );
      if (!between)
        return [
          [x, from.top + NODE_HEIGHT],
          [x, to.top],
        ];
      const side = from.left + from.width;
      // Edges of neighbouring rows run side by side: each keeps its own way.
      const way = side + 7 + 2.5 * (from.row % 3);
      const y = middle(from) + 4;
      return [
        [side, y],
        [way, y],
        [way, middle(to)],
        [side, middle(to)],
      ];
    }
    const right = to.lane > from.lane;
    const start: Point = [right ? from.left + from.width : from.left, middle(from)];
    const end: Point = [right ? to.left : to.left + to.width, middle(to)];
    const out = right ? start[0] + MARGIN : start[0] - MARGIN;
    const back = right ? end[0] - MARGIN : end[0] + MARGIN;
    if (out === back) return [start, [out, start[1]], [out, end[1]], end];
    // Lanes lie between: across them in the free space above the target's row.
    const over = to.top - (ROW - NODE_HEIGHT) / 2;
    return [start, [out, start[1]], [out, over], [back, over], [back, end[1]], end];
  })();
  return { from: from.task.name, to: to.task.name, points, ...draw(points) };
}

/** Line with round corners, and a head of 5 px at its end. */
function draw(points: Point[]): { path: string; head: string } {
  const [last, before] = [points.at(-1)!, points.at(-2)!];
  const [dx, dy] = [Math.sign(last[0] - before[0]), Math.sign(last[1] - before[1])];
  let path = `M${points[0]![0]} ${points[0]![1]}`;
  for (let index = 1; index < points.length - 1; index++) {
    const [a, b, c] = [points[index - 1]!, points[index]!, points[index + 1]!];
    const length = (p: Point, q: Point) => Math.abs(p[0] - q[0]) + Math.abs(p[1] - q[1]);
    const round = Math.min(CORNER, length(a, b) / 2, length(b, c) / 2);
    const near = (p: Point): Point => [
      b[0] + Math.sign(p[0] - b[0]) * round,
      b[1] + Math.sign(p[1] - b[1]) * round,
    ];
    path += `L${near(a).join(" ")}Q${b.join(" ")} ${near(c).join(" ")}`;
  }
  path += `L${last[0] - 3 * dx} ${last[1] - 3 * dy}`;
  const [x, y] = [last[0] - 6 * dx, last[1] - 6 * dy];
  const head = `M${x - 3.5 * dy} ${y - 3.5 * dx}L${x + 3.5 * dy} ${y + 3.5 * dx}L${last[0] - dx} ${last[1] - dy}z`;
  return { path, head };
}
