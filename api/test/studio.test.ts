import { expect, test } from "vitest";
import { emptyView } from "../src/fold.ts";
import type { PlayView } from "../src/models/play.ts";
import { figuresOf } from "../src/studio.ts";

const play = (owner: string, view: Partial<PlayView>, rest: object = {}) => ({
  _id: `p-${owner}`,
  owner,
  challenge: "c",
  version: "v1",
  open: false,
  ...rest,
  view: { ...emptyView(1_000, 9_000), runningAt: 2_000, ...view },
});
const task = (state: number, changedAt: number) => ({
  state,
  hint: "",
  failure: "",
  blockedBy: [],
  changedAt,
  rounds: 1,
});

test("figures: attempts, people, solvers, the middle time, and where people stop", () => {
  const figures = figuresOf([
    play("ann", { tasks: { a: task(40, 4_000), b: task(40, 12_000) }, completedAt: 12_000 }),
    play("ann", { tasks: { a: task(40, 3_000), b: task(30, 3_000) } }),
    play("bob", { tasks: { a: task(30, 2_000), b: task(20, 2_000) } }, { version: "v2" }),
    // Still on: nobody has stopped there.
    play("eve", { tasks: { a: task(30, 2_000) } }, { open: true }),
  ]);
  expect(figures).toMatchObject({ attempts: 4, people: 3, solvers: 1, medianSeconds: 10 });
  expect(figures.tasks["a"]).toEqual({ completed: 2, failed: 0, stoppedHere: 1, medianSeconds: 2 });
  expect(figures.tasks["b"]).toEqual({
    completed: 1,
    failed: 0,
    stoppedHere: 1,
    medianSeconds: 10,
  });
  expect(figures.versions.map(({ version, plays }) => [version, plays])).toEqual([
    ["v1", 3],
    ["v2", 1],
  ]);
});

test("a challenge that nobody tried has no middle", () => {
  expect(figuresOf([])).toMatchObject({ attempts: 0, medianSeconds: null, versions: [] });
});
