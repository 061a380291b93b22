import { expect, test } from "vitest";
import { compareRows, foldBoards, digestBoards } from "../src/boards.ts";
import { emptyView, fold } from "../src/fold.ts";
import type { PlayView } from "../src/models/play.ts";
import type { EventDoc } from "../src/models/store.ts";

const keys = [
  { name: "init_it", kind: "init", machine: "m1" },
  { name: "one", kind: "regular", machine: "m1" },
  { name: "aid", kind: "helper", machine: "m1" },
];
const task = (name: string, state: number, at: number, machine = "m1") => ({
  type: "task",
  at,
  data: {
    machine,
    changed: { task: name, state, version: 1, hint: "", failure: "", blockedBy: [], rounds: 1 },
  },
});
const all = (...events: Parameters<typeof fold>[2][]): PlayView =>
  events.reduce((view, event) => fold(view, keys, event).view, emptyView(0, 1000));

test("a task never goes backwards, and final states stay", () => {
  expect(
    all(task("one", 40, 5), task("one", 30, 6), task("one", 35, 7)).tasks["one"],
  ).toMatchObject({
    state: 40,
    changedAt: 5,
  });
  expect(all(task("one", 35, 5), task("one", 40, 6)).tasks["one"]?.state).toBe(35);
});

test("an event of another machine's task or of an unknown task changes nothing", () => {
  expect(all(task("one", 40, 5, "m2"), task("ghost", 40, 5)).tasks).toEqual({});
});

test("complete is every task that is no helper; a failed play never completes", () => {
  expect(all(task("one", 40, 5)).completedAt).toBeNull();
  expect(all(task("one", 40, 5), task("init_it", 40, 8)).completedAt).toBe(8);
  expect(all(task("init_it", 35, 1), task("one", 40, 5))).toMatchObject({
    failedAt: 1,
    completedAt: null,
  });
});

test("a play's state goes forward only, and failing while being destroyed is being destroyed", () => {
  const state = (name: string, at: number) => ({ type: "state", at, data: { state: name } });
  expect(all(state("RUNNING", 1), state("WARMING_UP", 2))).toMatchObject({
    state: "RUNNING",
    runningAt: 1,
  });
  const ending = { type: "ending", at: 3, data: { reason: "r" } };
  expect(all(ending, state("FAILED", 4), state("DESTROYED", 5))).toMatchObject({
    state: "DESTROYED",
    endedAt: 3,
  });
});

test("boards are a function of the log: order of reading and late first solvers change nothing", () => {
  const attempt = (user: string, at: number, before: string[] = []): EventDoc[] =>
    [...before, "solved"].map((type, i) => ({
      _id: `open:c:${user}:${i + 1}`,
      eventId: `${user}${i}`,
      log: `open:c:${user}`,
      seq: i + 1,
      scope: "open",
      at,
      type,
      data: {
        challenge: "c",
        user,
        handle: user,
        play: user,
        at,
        seconds: 1,
        difficulty: "hard",
        rules: "1",
        ranked: user !== "bot",
        hint: `h${i}`,
      },
    }));
  const events = [
    ...attempt("late", 30),
    ...attempt("early", 20, ["hint", "hint"]),
    ...attempt("bot", 1),
    ...attempt("cheat", 10, ["solution"]),
    ...attempt("tie", 30),
  ];
  const boards = foldBoards(events);
  expect(boards.get("c")?.map((row) => [row.userId, row.points])).toEqual([
    ["late", 400],
    ["tie", 400],
    ["early", 360],
    ["cheat", 0],
  ]);
  expect(digestBoards(foldBoards([...events].reverse()))).toBe(digestBoards(boards));
});

test("ties: more points, then the earlier instant, then the lower id", () => {
  const row = (userId: string, points: number, lastAt: number) => ({
    userId,
    handle: userId,
    points,
    solves: 1,
    lastAt,
    seconds: null,
  });
  const rows = [row("c", 5, 2), row("b", 5, 1), row("a", 5, 2), row("d", 9, 9)];
  expect(rows.sort(compareRows).map((r) => r.userId)).toEqual(["d", "b", "a", "c"]);
});
