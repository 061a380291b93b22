import { expect, test } from "vitest";
import { initOrder, waitsFor } from "./init-order";

const TASKS = [
  { name: "shop", needs: ["data", "key"] },
  { name: "key", needs: [] },
  { name: "data", needs: ["key", "of_the_base"] },
  { name: "other", needs: [] },
];

test("tasks come in rows that start together", () => {
  expect(initOrder(TASKS)).toEqual({ rows: [["key", "other"], ["data"], ["shop"]], never: [] });
});

test("what goes in a circle never starts, nor does what needs it", () => {
  const circle = [{ name: "key", needs: ["shop"] }, ...TASKS.filter(({ name }) => name !== "key")];
  expect(initOrder(circle)).toEqual({ rows: [["other"]], never: ["key", "shop", "data"] });
});

test("a task waits for others through others, and never for itself without a circle", () => {
  expect(waitsFor(TASKS, "shop", "key")).toBe(true);
  expect(waitsFor(TASKS, "key", "shop")).toBe(false);
  expect(waitsFor(TASKS, "shop", "shop")).toBe(false);
  expect(waitsFor([{ name: "a", needs: ["a"] }], "a", "a")).toBe(true);
});
