import { expect, test } from "vitest";
import type { PlayDoc } from "../src/models/play.ts";
import { medianTimes } from "../src/task-medians.ts";

const play = (tasks: Record<string, [state: number, second: number]>) => ({
  view: {
    startedAt: 0,
    runningAt: 1000,
    tasks: Object.fromEntries(
      Object.entries(tasks).map(([name, [state, second]]) => [
        name,
        { state, changedAt: 1000 + second * 1000 },
      ]),
    ),
  } as unknown as PlayDoc["view"],
});

test("a task's median is the middle time from running to its completion, of two middles the mean", () => {
  const three = [play({ a: [40, 10] }), play({ a: [40, 90] }), play({ a: [40, 20] })];
  expect(medianTimes(three)).toEqual(new Map([["a", 20]]));
  expect(medianTimes([...three, play({ a: [40, 40] })])).toEqual(new Map([["a", 30]]));
});

test("only completed tasks have a time", () => {
  expect(medianTimes([play({ a: [30, 5], b: [35, 5], c: [40, 5] })])).toEqual(new Map([["c", 5]]));
  expect(medianTimes([])).toEqual(new Map());
});
