import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { IdleWatch } from "../src/idle-watch.ts";

const MINUTE = 60_000;
let told: number[] = [];
const tell = (stopsAt: number) => void told.push(stopsAt);

beforeEach(() => {
  told = [];
  vi.useFakeTimers({ now: 1_000_000 });
});
afterEach(() => vi.useRealTimers());

test("five minutes before the limit it tells when the play should stop, and takes that back when somebody comes", () => {
  const watch = new IdleWatch(30 * MINUTE, false, tell);
  watch.watch();
  vi.advanceTimersByTime(24 * MINUTE);
  watch.touch();
  vi.advanceTimersByTime(24 * MINUTE);
  expect(told).toEqual([]);
  vi.advanceTimersByTime(MINUTE + 1_000);
  expect(told).toEqual([1_000_000 + 24 * MINUTE + 30 * MINUTE]);
  watch.touch();
  expect(told.at(-1)).toBe(0);
  vi.advanceTimersByTime(26 * MINUTE);
  expect(told).toHaveLength(3);
  watch.stop();
  vi.advanceTimersByTime(120 * MINUTE);
  expect(told).toHaveLength(3);
});

test("a short limit warns after two thirds of it, and without a limit nothing is ever told", () => {
  new IdleWatch(3 * MINUTE, false, tell).watch();
  vi.advanceTimersByTime(2 * MINUTE + 100);
  expect(told).toEqual([1_000_000 + 3 * MINUTE]);
  new IdleWatch(0, false, tell).watch();
  vi.advanceTimersByTime(1_000 * MINUTE);
  expect(told).toHaveLength(1);
});

test("a warning of an earlier hostd is taken back when its time begins anew", () => {
  new IdleWatch(30 * MINUTE, true, tell).watch();
  expect(told).toEqual([0]);
});
