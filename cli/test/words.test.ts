import { expect, test } from "vitest";
import { rootsOf } from "../src/task.ts";
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
