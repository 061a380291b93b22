import fc from "fast-check";
import { expect, test } from "vitest";
import { Rig, task } from "./rig.ts";

/** Needs of each task: indexes of earlier ones, so every graph is acyclic. */
const graphs = fc
  .array(fc.array(fc.nat({ max: 100 }), { maxLength: 3 }), { minLength: 1, maxLength: 7 })
  .map((rows) =>
    rows.map((row, index) => [...new Set(index === 0 ? [] : row.map((need) => need % index))]),
  );

test("random graphs: codes never decrease, nothing runs before its needs, all complete iff each can", async () => {
  await fc.assert(
    fc.asyncProperty(graphs, fc.option(fc.nat({ max: 6 })), async (graph, stuck) => {
      const it = new Rig();
      try {
        const tasks = graph.map((needs, index) =>
          task(`t${index}`, {
            needs: needs.map((need) => `t${need}`),
            run: index === stuck ? "false" : "true",
          }),
        );
        // What the stuck one keeps from running, directly or not.
        const held = new Set<string>();
        for (const [index, { name, needs }] of tasks.entries())
          if (index === stuck || needs.some((need) => held.has(need))) held.add(name);
        it.start(tasks);
        for (const { name } of tasks) if (!held.has(name)) await it.until(name, 40);
        if (stuck !== null && stuck < tasks.length) await it.rounds(`t${stuck}`, 1);
        for (const name of held) expect(it.examiner.state(name)).toBeLessThan(35);
        expect(tasks.every(({ name }) => it.examiner.state(name) === 40)).toBe(held.size === 0);
        const now = new Map<string, number>();
        for (const change of it.changes) {
          expect(change.state).toBeGreaterThanOrEqual(now.get(change.task) ?? 0);
          if (change.state >= 30)
            for (const need of tasks.find((one) => one.name === change.task)!.needs)
              expect(now.get(need)).toBe(40);
          now.set(change.task, change.state);
        }
      } finally {
        it.close();
      }
    }),
    { numRuns: 15 },
  );
});
