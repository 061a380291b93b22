import { expect, test } from "vitest";
import { decidingPath } from "./deciding-path";
import { laidOut } from "./reason";

test("the deciding path leads back from the last completion through the needs that came last", () => {
  const tasks = [
    { name: "a", machine: "m", needs: [] },
    { name: "b", machine: "m", needs: [] },
    { name: "c", machine: "m", needs: ["a", "b"] },
    { name: "d", machine: "m", needs: ["a"] },
  ];
  const at: Record<string, number> = { a: 5, b: 9, c: 12, d: 8 };
  expect([...decidingPath(tasks, (name) => at[name]!)]).toEqual(["b/c"]);
});

test("a reason is laid out only when its author wrote all three lines", () => {
  expect(laidOut("Looked at: sockets\nSaw: 127.0.0.1:80\nExpected: 0.0.0.0:80")).toEqual([
    ["Looked at", "sockets"],
    ["Saw", "127.0.0.1:80"],
    ["Expected", "0.0.0.0:80"],
  ]);
  expect(laidOut("Saw: 127.0.0.1:80")).toBeNull();
  expect(laidOut("There is no token yet.")).toBeNull();
});
