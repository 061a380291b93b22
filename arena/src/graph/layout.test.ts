import fc from "fast-check";
import { expect, test } from "vitest";
import { fold, groupsOf, worst } from "./fold";
import { NODE_HEIGHT, layout, type GraphTask, type Point } from "./layout";

const MACHINES = ["a", "b", "c", "d", "e"];

/** Random graphs: each task may need any of those before it, so there are no cycles. */
const graphs = fc
  .array(fc.record({ machine: fc.nat(4), needs: fc.array(fc.nat(100), { maxLength: 4 }) }), {
    minLength: 1,
    maxLength: 30,
  })
  .map((raw) =>
    raw.map((one, index): GraphTask => ({
      name: `t${index}`,
      machine: MACHINES[one.machine]!,
      needs: [...new Set(index === 0 ? [] : one.needs.map((need) => `t${need % index}`))],
    })),
  );

/** Edges of the longest way from a task without needs, by trying all ways. */
function longest(tasks: GraphTask[]): Map<string, number> {
  const lengths = new Map<string, number>();
  // Needs come first in the array.
  for (const task of tasks)
    lengths.set(task.name, Math.max(0, ...task.needs.map((need) => lengths.get(need)! + 1)));
  return lengths;
}

/** Whether a line of right angles goes through the inside of a box. */
function crosses(
  a: Point,
  b: Point,
  { left, top, width }: { left: number; top: number; width: number },
): boolean {
  const [x1, x2] = [Math.min(a[0], b[0]), Math.max(a[0], b[0])];
  const [y1, y2] = [Math.min(a[1], b[1]), Math.max(a[1], b[1])];
  return x2 > left && x1 < left + width && y2 > top && y1 < top + NODE_HEIGHT;
}

test("edges have right angles and never cross a node", () => {
  fc.assert(
    fc.property(graphs, (tasks) => {
      const { nodes, edges } = layout(tasks, MACHINES);
      for (const edge of edges)
        for (let index = 1; index < edge.points.length; index++) {
          const [a, b] = [edge.points[index - 1]!, edge.points[index]!];
          expect(a[0] === b[0] || a[1] === b[1]).toBe(true);
          for (const node of nodes)
            expect(crosses(a, b, node), `${edge.from} to ${edge.to} over ${node.task.name}`).toBe(
              false,
            );
        }
    }),
    { numRuns: 400 },
  );
});

test("the rank is the longest path, no two nodes share a place, and no task stands above what it needs", () => {
  fc.assert(
    fc.property(graphs, (tasks) => {
      const lengths = longest(tasks);
      const { nodes, width, height } = layout(tasks, MACHINES);
      expect(nodes).toHaveLength(tasks.length);
      const row = new Map(nodes.map((node) => [node.task.name, node.row]));
      expect(new Set(nodes.map((node) => `${node.left}/${node.top}`)).size).toBe(tasks.length);
      for (const node of nodes) {
        expect(node.rank).toBe(lengths.get(node.task.name));
        for (const need of node.task.needs) expect(node.row).toBeGreaterThan(row.get(need)!);
        expect(node.left).toBeGreaterThanOrEqual(0);
        expect(node.left + node.width).toBeLessThanOrEqual(width);
        expect(node.top + NODE_HEIGHT).toBeLessThanOrEqual(height);
      }
    }),
    { numRuns: 400 },
  );
});

test("edges that others imply are left out, and all others are drawn", () => {
  fc.assert(
    fc.property(graphs, (tasks) => {
      const reach = (edges: { from: string; to: string }[]) => {
        const above = new Map<string, Set<string>>();
        for (const task of tasks) {
          const all = new Set<string>();
          for (const edge of edges)
            if (edge.to === task.name) {
              all.add(edge.from);
              for (const far of above.get(edge.from)!) all.add(far);
            }
          above.set(task.name, all);
        }
        return above;
      };
      const given = tasks.flatMap((task) =>
        task.needs.map((need) => ({ from: need, to: task.name })),
      );
      const drawn = layout(tasks, MACHINES).edges;
      // The same tasks are above each task, and no drawn edge can be taken away.
      expect(reach(drawn)).toEqual(reach(given));
      for (const edge of drawn)
        expect(
          reach(drawn.filter((one) => one !== edge))
            .get(edge.to)!
            .has(edge.from),
        ).toBe(false);
    }),
    { numRuns: 100 },
  );
});

test("more than fourteen tasks fold by chains and fans of one machine; every task stays somewhere, without a cycle", () => {
  fc.assert(
    fc.property(graphs, (tasks) => {
      const groups = groupsOf(tasks);
      if (tasks.length <= 14) expect(groups).toEqual([]);
      const members = groups.flatMap((group) => group.members);
      expect(new Set(members).size).toBe(members.length);
      const small = fold(tasks, groups, () => ({}));
      expect(small).toHaveLength(tasks.length - members.length + groups.length);
      const { nodes } = layout(small, MACHINES);
      const row = new Map(nodes.map((node) => [node.task.name, node.row]));
      for (const node of nodes)
        for (const need of node.task.needs) expect(node.row).toBeGreaterThan(row.get(need)!);
    }),
    { numRuns: 400 },
  );
});

test("a fan of eight and a chain of five fold to one node each", () => {
  const task = (name: string, needs: string[]): GraphTask => ({ name, machine: "a", needs });
  const fan = Array.from({ length: 8 }, (_, index) => task(`fan${index}`, ["start"]));
  const chain = Array.from({ length: 5 }, (_, index) =>
    task(`chain${index}`, index ? [`chain${index - 1}`] : ["end"]),
  );
  const tasks = [
    task("start", []),
    ...fan,
    task(
      "end",
      fan.map((one) => one.name),
    ),
    ...chain,
  ];
  const groups = groupsOf(tasks);
  expect(groups.map((group) => group.members.length).sort()).toEqual([6, 8]);
  expect(fold(tasks, groups, () => ({})).map((one) => [one.name, one.needs])).toEqual([
    ["start", []],
    ["group:fan0", ["start"]],
    ["group:end", ["group:fan0"]],
  ]);
});

test("the worst state of a group wins: failed, running, created, blocked, completed", () => {
  expect(worst([40, 20, 10, 30, 35])).toBe(35);
  expect(worst([40, 20, 10, 30])).toBe(30);
  expect(worst([40, 20, 10])).toBe(10);
  expect(worst([40, 20])).toBe(20);
  expect(worst([40, 40])).toBe(40);
});
