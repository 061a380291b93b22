import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Attendance } from "../src/attendance.ts";

beforeEach(() => void vi.useFakeTimers({ now: 1_000 }));
afterEach(() => void vi.useRealTimers());

/** A play whose terminals open and close, and what its machines were told. */
function watched(always = false) {
  const told: boolean[] = [];
  const play = { open: false };
  const attendance = new Attendance(
    always,
    () => play.open,
    (attended) => void told.push(attended),
  );
  const turn = (open: boolean) => {
    play.open = open;
    attendance.look();
  };
  return { told, turn, attendance };
}

test("a play is attended from its first terminal until a minute after its last", () => {
  const { told, turn, attendance } = watched();
  expect(attendance.attended).toBe(false);
  vi.advanceTimersByTime(5_000);
  turn(true);
  turn(false);
  vi.advanceTimersByTime(59_000);
  expect(told).toEqual([true]);
  vi.advanceTimersByTime(2_000);
  expect(told).toEqual([true, false]);
});

test("who comes back within the minute was never away", () => {
  const { told, turn } = watched();
  vi.advanceTimersByTime(5_000);
  turn(true);
  turn(false);
  vi.advanceTimersByTime(30_000);
  turn(true);
  vi.advanceTimersByTime(300_000);
  expect(told).toEqual([true]);
});

test("one that is always attended tells of nobody, and a stopped one of nothing more", () => {
  const always = watched(true);
  always.turn(true);
  always.turn(false);
  vi.advanceTimersByTime(300_000);
  expect(always.attendance.attended).toBe(true);
  expect(always.told).toEqual([]);
  const stopped = watched();
  vi.advanceTimersByTime(5_000);
  stopped.turn(true);
  stopped.turn(false);
  stopped.attendance.stop();
  vi.advanceTimersByTime(300_000);
  expect(stopped.told).toEqual([true]);
});
