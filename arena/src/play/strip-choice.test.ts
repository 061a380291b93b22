import { expect, test } from "vitest";
import { stripChoice } from "./strip-choice";

const NOW = Date.parse("2026-11-24T12:00:00Z");
const play = {
  state: "RUNNING",
  failed: false,
  expiresAt: "2026-11-24T13:00:00Z",
  solve: null,
  idleStopsAt: null,
};
const soon = { ...play, expiresAt: "2026-11-24T12:09:00Z" };
const solve = { points: 100, firstSolve: false, at: "", seconds: 1, hintCost: 0 };

test("one strip at most, the worst wins: error, failed, expiry, result", () => {
  expect(stripChoice(play, "", NOW)).toBe("none");
  expect(stripChoice(soon, "", NOW)).toBe("expiry");
  expect(stripChoice({ ...soon, failed: true }, "", NOW)).toBe("failed");
  expect(stripChoice({ ...soon, failed: true }, "It broke", NOW)).toBe("error");
  expect(stripChoice({ ...play, solve }, "", NOW)).toBe("result");
  expect(stripChoice({ ...play, state: "FAILED" }, "", NOW)).toBe("failed");
});

test("a solved or ended play warns of no end; a solve stays what is told", () => {
  expect(stripChoice({ ...soon, solve }, "", NOW)).toBe("result");
  expect(stripChoice({ ...soon, state: "DESTROYED" }, "", NOW)).toBe("ended");
  expect(stripChoice({ ...soon, solve, state: "DESTROYED" }, "", NOW)).toBe("result");
});

test("a paused play says so above its result; one that nobody uses warns before it is paused", () => {
  expect(stripChoice({ ...play, state: "STOPPED", solve }, "", NOW)).toBe("stopped");
  expect(stripChoice({ ...soon, state: "STOPPING" }, "", NOW)).toBe("stopped");
  expect(stripChoice({ ...soon, idleStopsAt: "2026-11-24T12:04:00Z" }, "", NOW)).toBe("idle");
  expect(stripChoice({ ...play, state: "STARTING", idleStopsAt: "x" }, "", NOW)).toBe("none");
});
