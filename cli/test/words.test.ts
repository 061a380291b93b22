import { expect, test } from "vitest";
import { hangingText, rootsOf } from "../src/task.ts";
import { troubles } from "../src/task-trouble.ts";
import { changeText } from "../src/words.ts";

const pushed = {
  version: "v",
  loaded: true,
  problems: [],
  play: "p",
  fresh: [],
  added: [],
  restarted: [],
  removed: [],
  late: "",
};

test("a save is told in one line: which file, what became of the tasks, how long it took", () => {
  expect(changeText(pushed, ["index.md"], 40)).toMatch(
    /✓ index\.md: shown, no task changed \(40 ms\)$/,
  );
  expect(
    changeText({ ...pushed, restarted: ["a", "b"], added: ["c"], removed: ["d"] }, ["index.md"], 7),
  ).toContain("a, b start over, c is new, d is gone");
  expect(changeText({ ...pushed, fresh: ["Init task a changed"] }, ["index.md"], 7)).toContain(
    "shown, no live task changed",
  );
  expect(changeText({ ...pushed, loaded: false }, ["index.md"], 7)).toContain(
    "the page keeps what it had",
  );
  expect(changeText({ ...pushed, late: "Later." }, [], 7)).toContain("\n  Later.");
});

test("what a task waits for in the end are the open tasks that wait for nothing", () => {
  const rows = [
    { name: "a", blockedBy: [] },
    { name: "b", blockedBy: ["a"] },
    { name: "c", blockedBy: ["b", "x"] },
    { name: "x" },
  ];
  expect(rootsOf("c", rows)).toEqual(["a", "x"]);
  expect(rootsOf("a", rows)).toEqual([]);
});

test("of a task whose script hangs it is told for how long no round ended, and when it is ended", () => {
  const row = { status: "running", timeoutSeconds: 0 };
  const ended = {
    at: 1_000,
    durationMs: 500,
    n: 1,
    generation: 0,
    dry: false,
    env: {},
    waitsForInput: false,
  };
  const on = (runs: (typeof ended)[]) => [{ machine: "web", runs }];
  expect(hangingText(row, on([]), 2_000)).toBe(
    "web: no round has ended yet. A script that hangs is ended after 60 s (timeout_seconds).",
  );
  expect(hangingText({ ...row, timeoutSeconds: 90 }, on([ended]), 41_500)).toBe(
    "web: no round ended for 40 s. A script that hangs is ended after 90 s (timeout_seconds).",
  );
  // Its author's run by hand is no round.
  const byHand = { ...ended, at: 41_000, dry: true };
  expect(hangingText(row, on([byHand, ended]), 41_500)).toContain("for 40 s");
  expect(hangingText(row, on([ended]), 9_000)).toBe("");
  expect(hangingText({ status: "completed" }, on([ended]), 41_500)).toBe("");
  expect(hangingText(row, [{ machine: "web", runs: null }], 41_500)).toBe("");
});

test("an author hears of scripts that run out of time and of init tasks that fail, not of checks that wait", () => {
  const row = { name: "a", init: false, status: "running", exitCode: 124, lastDurationMs: 60_019 };
  const told = (...rows: Parameters<typeof troubles>[0]) => [...troubles(rows, "p1").values()];
  expect(told(row)).toEqual([
    "a ran out of time after 60 s. It is tried again. See: ./agon task show p1 a",
  ]);
  const init = { ...row, name: "b", init: true, exitCode: 2, lastDurationMs: 7 };
  expect(told(init)).toEqual([
    "b ended with exit 2. The machines are not ready until it completes; it is tried again. See: ./agon task show p1 b",
  ]);
  expect(
    told(
      { ...row, exitCode: 1 },
      { ...row, lastDurationMs: 3 },
      { ...row, timeoutSeconds: 90 },
      { ...row, exitCode: null },
      { ...init, status: "completed" },
    ),
  ).toEqual([]);
  // The same trouble in the next round is the same; after a change of the task it is another one.
  const key = (one: typeof row & { generation?: number }) => [...troubles([one], "p1").keys()][0];
  expect(key({ ...row, lastDurationMs: 60_100 })).toBe(key(row));
  expect(key({ ...row, generation: 1 })).not.toBe(key(row));
});
