import { expect, test } from "vitest";
import { measure, percentile } from "../src/measure.ts";
import { measuresJson, measuresTable } from "../src/report.ts";

const hundred = Array.from({ length: 100 }, (_, at) => 100 - at);

test("a percentile is the smallest sample that p percent do not exceed", () => {
  expect([50, 95, 99, 100].map((p) => percentile(hundred, p))).toEqual([50, 95, 99, 100]);
  expect(percentile([7], 99)).toBe(7);
  expect(percentile([3, 1, 2], 50)).toBe(2);
  expect(percentile([4, 1, 3, 2], 50)).toBe(2);
  expect(percentile([10, 9, 100], 0)).toBe(9);
  expect(() => percentile([], 50)).toThrow(RangeError);
});

test("samples stay as they were", () => {
  const samples = [3, 1, 2];
  percentile(samples, 50);
  expect(samples).toEqual([3, 1, 2]);
});

test("the JSON form has exactly the keys that its readers know", () => {
  const one = measure("file-to-green@1", "ms", hundred, { name: "websocket-echo", p50: 4 });
  expect(JSON.parse(measuresJson([one]))).toEqual({
    measures: [
      {
        name: "file-to-green@1",
        unit: "ms",
        n: 100,
        p50: 50,
        p95: 95,
        p99: 99,
        baseline: { name: "websocket-echo", p50: 4 },
        ratio: 12.5,
      },
    ],
  });
  expect(measuresJson([one])).not.toContain("\n");
});

test("the table says whether an aim is met", () => {
  const one = measure("a", "ms", hundred, { name: "b", p50: 1 });
  const text = measuresTable([one], [{ name: "a", p50: 50, p99: 98 }]);
  expect(text).toContain("p50 ≤ 50 met, p99 ≤ 98 MISSED");
  expect(measuresTable([one])).not.toContain("≤");
});
