import { expect, test } from "vitest";
import { criticalPath, rootCauses } from "./critical-path";

const task = (name: string, needs: string[] = []) => ({ name, machine: "m", needs, title: name });
const tasks = [
  task("a"),
  task("b", ["a"]),
  task("c", ["b"]),
  task("x"),
  task("d", ["x", "c"]),
  task("e", ["x"]),
];
const none = () => 10;

test("the critical path is the longest chain of what is still open", () => {
  expect([...criticalPath(tasks, none)].toSorted()).toEqual(["a/b", "b/c", "c/d"]);
  const done = (name: string) => (["a", "b", "c"].includes(name) ? 40 : 30);
  expect([...criticalPath(tasks, done)]).toEqual(["x/d"]);
  expect(criticalPath(tasks, () => 40).size).toBe(0);
});

test("a cycle ends, though no content has one", () => {
  expect(criticalPath([task("a", ["b"]), task("b", ["a"])], none).size).toBeGreaterThan(0);
});

test("root causes are the open tasks at the end of all needs", () => {
  expect(rootCauses("d", tasks, none).toSorted()).toEqual(["a", "x"]);
  expect(rootCauses("d", tasks, (name) => (name === "x" ? 40 : 20))).toEqual(["a"]);
  expect(rootCauses("a", tasks, none)).toEqual([]);
});
