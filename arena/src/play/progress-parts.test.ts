import { expect, test } from "vitest";
import { progressParts } from "./progress-parts.ts";

test("a bar of many tasks shows completed, failed and running ones by their number, and no part that is empty", () => {
  const states = [40, 30, 40, 20, 10, 40, 30, 0];
  expect(progressParts(states)).toEqual([
    { mark: "c", count: 3 },
    { mark: "r", count: 2 },
  ]);
  expect(progressParts([...states, 35]).map(({ mark }) => mark)).toEqual(["c", "f", "r"]);
  expect(progressParts([])).toEqual([]);
});
