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

test("a play's time stands still while its machines do, and a late word of an earlier stop changes nothing", () => {
  const state = (name: string, at: number, reason = "") => ({
    type: "state",
    at,
    data: { state: name, reason },
  });
  const pausing = (at: number) => ({ type: "pausing", at, data: { memory: true, reason: "" } });
  const resuming = (at: number) => ({ type: "resuming", at, data: { expiresAt: 9_000 } });
  const once = [state("RUNNING", 100), pausing(200), state("STOPPING", 210), state("STOPPED", 250)];
  expect(all(...once)).toMatchObject({ state: "STOPPED", stoppedAt: 200, stoppedMs: 0, turns: 1 });
  const again = all(...once, resuming(500), state("STARTING", 510), state("RUNNING", 600));
  expect(again).toMatchObject({
    state: "RUNNING",
    runningAt: 100,
    stoppedAt: null,
    stoppedMs: 400,
    turns: 2,
    expiresAt: 9_000,
  });
  expect(all(...once, state("RUNNING", 300)).state).toBe("STOPPED");
  expect(all(...once, resuming(500), state("STOPPED", 510, "no room"))).toMatchObject({
    state: "STOPPED",
    reason: "no room",
    stoppedAt: 200,
  });
  // One that can't be is counted all the same, so that the next one has another number.
  expect(all(pausing(5))).toMatchObject({ state: "CREATED", turns: 1 });
});

test("a fork's log begins with what it took over, and its states are those that its host tells", () => {
  const carried = {
    one: { state: 40, hint: "", failure: "", blockedBy: [], changedAt: 50, rounds: 3 },
    init_it: { state: 40, hint: "", failure: "", blockedBy: [], changedAt: 20, rounds: 1 },
  };
  const fork = {
    type: "fork",
    at: 1_000,
    data: {
      from: "other",
      seq: 7,
      checkpoint: "c1",
      task: "init_it",
      view: { startedAt: 1, runningAt: 10, stoppedAt: null, stoppedMs: 5, carried },
    },
  };
  const told = [
    { task: "init_it", state: 40, hint: "", failure: "", blockedBy: [] },
    { task: "one", state: 30, hint: "look", failure: "", blockedBy: [] },
    { task: "ghost", state: 40, hint: "", failure: "", blockedBy: [] },
  ];
  const forked = { type: "forked", at: 1_100, data: { from: "other", tasks: told } };
  const view = all(fork, forked, { type: "state", at: 1_200, data: { state: "RUNNING" } });
  expect(view).toMatchObject({
    startedAt: 1,
    runningAt: 10,
    stoppedMs: 5,
    forkedFrom: { play: "other", seq: 7, checkpoint: "c1", task: "init_it" },
    tasks: { init_it: { state: 40, changedAt: 20 }, one: { state: 30, changedAt: 1_100 } },
  });
  expect(view.carried).toBeUndefined();
  expect(Object.keys(view.tasks)).toEqual(["init_it", "one"]);
  // The host may tell it twice, and what the copy did meanwhile stays.
  expect(all(fork, forked, task("one", 40, 1_300), forked)).toMatchObject({
    tasks: { one: { state: 40, changedAt: 1_300 } },
    completedAt: 1_300,
  });
});

test("checkpoints are those that the host has, idle time ends with a stop", () => {
  const checkpoint = (id: string, dropped: string[] = []) => ({
    type: "checkpoint",
    at: 5,
    data: { id, task: "one", dropped },
  });
  const view = all(checkpoint("a"), checkpoint("b"), checkpoint("c", ["a"]));
  expect(view.checkpoints.map(({ id }) => id)).toEqual(["b", "c"]);
  // One that could not be made is told until there is a newer one.
  const miss = (id: string) => ({
    type: "checkpoint",
    at: 5,
    data: { id, task: "one", dropped: [], missed: "the disk is full" },
  });
  const missed = all(checkpoint("a"), miss("x"), miss("y")).checkpoints;
  expect(missed.map(({ id, missed: why }) => [id, why])).toEqual([
    ["a", undefined],
    ["y", "the disk is full"],
  ]);
  expect(all(miss("x"), checkpoint("a")).checkpoints.map(({ id }) => id)).toEqual(["a"]);
  const idle = { type: "idle", at: 6, data: { stopsAtMs: 99 } };
  expect(all(idle).idleStopsAt).toBe(99);
  expect(all(idle, { type: "idle", at: 7, data: { stopsAtMs: 0 } }).idleStopsAt).toBeNull();
});
