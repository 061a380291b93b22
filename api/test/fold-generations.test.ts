import fc from "fast-check";
import { expect, test } from "vitest";
import { emptyView, fold } from "../src/fold.ts";
import { keysOf, type PlayView, type TaskKey } from "../src/models/play.ts";

const NAMES = ["a", "b", "c", "d"];
const first: TaskKey[] = NAMES.map((name) => ({ name, kind: "regular", machine: "m" }));
const task = (name: string, state: number, generation: number) => ({
  type: "task",
  at: 1,
  data: {
    machine: "m",
    changed: {
      task: name,
      state,
      generation,
      version: 1,
      hint: "",
      failure: "",
      blockedBy: [],
      rounds: 1,
    },
  },
});
const graph = (revision: number, tasks: TaskKey[]) => ({
  type: "graph",
  at: 2,
  data: { revision, version: `v${revision}`, tasks },
});
const all = (...events: Parameters<typeof fold>[2][]): PlayView =>
  events.reduce((view, event) => fold(view, first, event).view, emptyView(0, 1000));
const named = (...keys: [string, number][]): TaskKey[] =>
  keys.map(([name, generation]) => ({ name, kind: "regular", machine: "m", generation }));

test("invariant 1: within a generation no state decreases; only a live change starts a new one", () => {
  const state = fc.constantFrom(0, 10, 20, 30, 35, 40);
  const event = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        name: fc.constantFrom(...NAMES),
        state,
        generation: fc.nat(4),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        // Each task: gone, as it was, or started over.
        fates: fc.array(fc.constantFrom("gone", "same", "over"), { minLength: 4, maxLength: 4 }),
        again: fc.boolean(),
      }),
    },
  );
  fc.assert(
    fc.property(fc.array(event, { maxLength: 80 }), (events) => {
      let view = emptyView(0, 1000);
      let revision = 0;
      for (const one of events) {
        const before = view;
        const keys = keysOf({ taskKeys: first, view });
        const generation = (name: string, of: TaskKey[]) =>
          of.find((key) => key.name === name)?.generation ?? 0;
        if ("name" in one) {
          view = fold(view, first, task(one.name, one.state, one.generation)).view;
          const key = keys.find(({ name }) => name === one.name);
          if (!key || one.generation !== (key.generation ?? 0)) expect(view).toBe(before);
        } else {
          revision++;
          const next = NAMES.flatMap((name, at) => {
            if (one.fates[at] === "gone") return [];
            const known = keys.find((key) => key.name === name);
            const same = known && one.fates[at] === "same";
            return named([name, same ? (known.generation ?? 0) : revision]);
          });
          const change = graph(revision, next);
          view = fold(view, first, change).view;
          // A host that was killed in between tells it again.
          if (one.again) expect(fold(view, first, change).view).toBe(view);
          expect(
            Object.keys(view.tasks).every((name) => next.some((key) => key.name === name)),
          ).toBe(true);
        }
        const now = keysOf({ taskKeys: first, view });
        for (const { name } of now) {
          if (!keys.some((key) => key.name === name)) continue;
          const [was, is] = [before.tasks[name]?.state ?? 0, view.tasks[name]?.state ?? 0];
          if (generation(name, now) === generation(name, keys))
            expect(is).toBeGreaterThanOrEqual(was);
          else {
            expect(generation(name, now)).toBeGreaterThan(generation(name, keys));
            expect(is).toBe(0);
          }
        }
      }
    }),
  );
});

test("a live change takes a failure and a completion back with the tasks that made them", () => {
  const failed = all(task("a", 35, 0));
  expect(failed.failedAt).toBe(1);
  expect(fold(failed, first, graph(1, named(["a", 1], ["b", 0]))).view.failedAt).toBeNull();
  const done = all(...NAMES.map((name) => task(name, 40, 0)));
  expect(done.completedAt).toBe(1);
  expect(fold(done, first, graph(1, named(["a", 1], ["b", 0]))).view.completedAt).toBeNull();
  expect(fold(done, first, graph(1, named(["a", 0]))).view.completedAt).toBe(1);
});

test("a draft's problems and its version are those that were pushed last; one that does not load keeps the last good version", () => {
  const draft = (version: string, problems: unknown[]) => ({
    type: "draft",
    at: 3,
    data: { version, problems, fresh: [] },
  });
  const problem = {
    file: "index.md",
    line: 1,
    column: 1,
    severity: "error",
    message: "m",
    fix: "f",
  };
  expect(all(draft("v1", []), draft("", [problem])).draft).toMatchObject({
    version: "v1",
    problems: [problem],
  });
});
