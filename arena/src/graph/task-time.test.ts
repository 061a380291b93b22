import { expect, test } from "vitest";
import { changedAfter, unchangedFor } from "./task-time";

const at = (seconds: number) => new Date(seconds * 1000).toISOString();

test("a running task's time stands still while its play is paused, and goes on without the pause", () => {
  const task = { changedAt: at(100), stoppedMs: 0 };
  const running = { stoppedAt: null, stoppedMs: 0, endedAt: null };
  expect(unchangedFor(running, task, 130_000)).toBe(30_000);
  const paused = { ...running, stoppedAt: at(140) };
  expect(unchangedFor(paused, task, 150_000)).toBe(40_000);
  expect(unchangedFor(paused, task, 900_000)).toBe(40_000);
  // Resumed at 900 s: 760 s are not counted.
  const again = { ...running, stoppedMs: 760_000 };
  expect(unchangedFor(again, task, 905_000)).toBe(45_000);
});

test("pauses before a task changed are no time of its, and none of its place in the play", () => {
  const task = { changedAt: at(1000), stoppedMs: 760_000 };
  expect(
    unchangedFor({ stoppedAt: null, stoppedMs: 760_000, endedAt: null }, task, 1_010_000),
  ).toBe(10_000);
  expect(changedAfter({ startedAt: at(0), readyAt: at(40) }, task)).toBe(200_000);
});

test("the time of a play that ended stands still", () => {
  const play = { stoppedAt: null, stoppedMs: 0, endedAt: at(160) };
  expect(unchangedFor(play, { changedAt: at(100), stoppedMs: 0 }, 999_000)).toBe(60_000);
});
