import fc from "fast-check";
import { expect, test } from "vitest";
import { TaskSpec, type KnownTask, type TaskChanged } from "@agon/protocol/machine";
import { diffTasks } from "../src/task-diff.ts";
import { TaskLedger } from "../src/task-ledger.ts";

interface Sketch {
  kind: "init" | "regular" | "helper";
  run: number;
  needs: number[];
  there: boolean;
}
const COUNT = 8;

/** Tasks of a graph: each needs only earlier ones that are there; init tasks only init tasks. */
function graph(sketches: Sketch[]): TaskSpec[] {
  return sketches.flatMap(({ kind, run, needs, there }, index) =>
    there
      ? [
          TaskSpec.fromPartial({
            name: `t${index}`,
            machine: "m",
            kind,
            run: `echo ${run}`,
            needs: [...new Set(needs)]
              .filter((need) => {
                const needed = sketches[need];
                if (need >= index || !needed?.there || needed.kind === "helper") return false;
                return kind !== "init" || needed.kind === "init";
              })
              .map((need) => `t${need}`),
          }),
        ]
      : [],
  );
}

const sketches = fc.array(
  fc.record({
    kind: fc.constantFrom(
      "init" as const,
      "regular" as const,
      "regular" as const,
      "helper" as const,
    ),
    run: fc.nat(1),
    needs: fc.array(fc.nat(COUNT - 1), { maxLength: 3 }),
    there: fc.boolean(),
  }),
  { minLength: COUNT, maxLength: COUNT },
);

const generationOf = (tasks: TaskSpec[], name: string) =>
  tasks.find((one) => one.name === name)?.generation;

test("diff: what is the same, with everything that it needs, keeps its generation; all else starts over", () => {
  fc.assert(
    fc.property(sketches, sketches, (one, two) => {
      const before = graph(one);
      const { tasks, added, restarted, removed } = diffTasks(before, graph(two), 7);
      const fresh = new Set([...added, ...restarted]);
      for (const task of tasks) {
        const old = before.find(({ name }) => name === task.name);
        expect(task.generation).toBe(fresh.has(task.name) ? 7 : 0);
        expect(added.includes(task.name)).toBe(old === undefined);
        if (!old) continue;
        const inits = task.kind === "init" && old.kind === "init";
        const needsFresh = task.needs.some((need) => fresh.has(need));
        const same =
          old.run === task.run &&
          old.kind === task.kind &&
          JSON.stringify(old.needs.toSorted()) === JSON.stringify(task.needs.toSorted());
        if (inits) expect(fresh.has(task.name)).toBe(false);
        else if (needsFresh || old.run !== task.run || old.kind !== task.kind)
          expect(fresh.has(task.name)).toBe(true);
        else if (same) expect(fresh.has(task.name)).toBe(false);
      }
      expect(removed).toEqual(
        before.map(({ name }) => name).filter((name) => !tasks.some((task) => task.name === name)),
      );
    }),
  );
});

test("diff: the same graph again changes nothing, and going back is a new generation, never an old one", () => {
  fc.assert(
    fc.property(sketches, sketches, (one, two) => {
      const first = graph(one);
      const there = diffTasks(first, graph(two), 1);
      expect(diffTasks(there.tasks, graph(two), 2)).toMatchObject({
        changed: false,
        added: [],
        restarted: [],
        removed: [],
        tasks: there.tasks,
      });
      const back = diffTasks(there.tasks, first, 2);
      for (const name of [...there.added, ...there.restarted])
        if (back.restarted.includes(name)) expect(generationOf(back.tasks, name)).toBe(2);
      for (const name of there.removed) expect(generationOf(back.tasks, name)).toBe(2);
    }),
  );
});

const change = (task: string, state: number, generation: number): TaskChanged => ({
  task,
  state,
  version: 1,
  hint: "",
  failure: "",
  blockedBy: [],
  rounds: 1,
  outputs: undefined,
  atMs: Date.now(),
  generation,
});

test("ledger: within a generation no state decreases, and news of other generations changes nothing", () => {
  const state = fc.constantFrom(0, 10, 20, 30, 35, 40);
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.record({ task: fc.nat(COUNT - 1), state, age: fc.nat(2) }) },
    { weight: 1, arbitrary: fc.record({ to: sketches }) },
  );
  fc.assert(
    fc.property(sketches, fc.array(step, { maxLength: 60 }), (one, steps) => {
      let tasks = graph(one);
      let revision = 0;
      const known: Record<string, KnownTask> = {};
      const ledger = new TaskLedger(tasks, ["m"], known);
      for (const what of steps) {
        const was = new Map(tasks.map(({ name }) => [name, ledger.state(name)]));
        const generations = new Map(tasks.map(({ name, generation }) => [name, generation]));
        if ("to" in what) {
          tasks = diffTasks(tasks, graph(what.to), ++revision).tasks;
          ledger.update(tasks);
        } else {
          const name = `t${what.task}`;
          const now = generationOf(tasks, name) ?? 0;
          const verdict = ledger.judge("m", change(name, what.state, now - what.age));
          if (what.age > 0) expect(verdict.kind).not.toBe("accepted");
          if (verdict.kind === "accepted") ledger.apply(verdict.changed);
          // As after a kill in the middle: what was accepted before the graph changed comes again.
          ledger.apply(change(name, 40, now - 1));
        }
        for (const { name, generation } of tasks) {
          if (generations.get(name) === generation)
            expect(ledger.state(name)).toBeGreaterThanOrEqual(was.get(name)!);
          else expect(ledger.state(name)).toBe(0);
        }
        // What a restarted hostd reads from its disk is the same.
        const again = new TaskLedger(tasks, ["m"], structuredClone(known));
        for (const { name } of tasks) expect(again.state(name)).toBe(ledger.state(name));
      }
    }),
  );
});
