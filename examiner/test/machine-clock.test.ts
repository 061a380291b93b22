import { expect, test } from "vitest";
import { machineNow } from "../src/machine-clock.ts";

test("what a process counted is its time while the wall clock agrees: it has fractions", () => {
  expect(machineNow(1_700_000_000_000.25, 1_700_000_000_003)).toBe(1_700_000_000_000.25);
});

test("a process that began in a template tells the time that the machine was set to", () => {
  // The template was made an hour ago; its memory counts on from there.
  expect(machineNow(1_700_000_000_000.5, 1_700_003_600_000)).toBe(1_700_003_600_000);
  expect(Math.abs(machineNow() - Date.now())).toBeLessThan(1_000);
});
