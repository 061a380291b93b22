import fc from "fast-check";
import { expect, test } from "vitest";
import { ranked } from "./board";
import { connectionOf } from "./connection";

const line = {
  heard: 10_000,
  beat: 10_000,
  silent: 1_000,
  opened: 0,
  open: true,
  offline: null,
  now: 11_000,
};

test("a line that is silent for more than 1.5 s is stale, as old as its last beat", () => {
  expect(connectionOf({ ...line, silent: 1_500 }).state).toBe("live");
  expect(connectionOf({ ...line, silent: 2_000, now: 12_000 })).toEqual({
    state: "reconnecting",
    word: "Reconnecting, 2 s old",
  });
  // The stream spoke longer ago than the line: what it shows was current at the line's last beat.
  expect(
    connectionOf({ ...line, heard: 8_000, beat: 11_000, silent: 2_000, now: 13_000 }).word,
  ).toBe("Reconnecting, 2 s old");
});

test("a part is live only with an open line and a message of its own in the last 8 s", () => {
  expect(connectionOf(line)).toEqual({ state: "live", word: "Live" });
  expect(connectionOf({ ...line, now: 18_000 }).state).toBe("live");
  expect(connectionOf({ ...line, now: 19_000 })).toEqual({
    state: "reconnecting",
    word: "Reconnecting, 9 s old",
  });
  // A lost line is known at once.
  expect(connectionOf({ ...line, open: false, now: 13_000 })).toEqual({
    state: "reconnecting",
    word: "Reconnecting, 3 s old",
  });
});

test("before the first message it is connecting, then it says that nothing came", () => {
  expect(connectionOf({ ...line, heard: null, now: 1_000 }).state).toBe("connecting");
  expect(connectionOf({ ...line, heard: null, now: 9_000 }).state).toBe("reconnecting");
});

test("without a network it says since when, whatever else is known", () => {
  const at = new Date(2026, 10, 23, 14, 5).getTime();
  expect(connectionOf({ ...line, offline: at, now: at + 1000 })).toEqual({
    state: "offline",
    word: "Offline since 14:05",
  });
});

test("nothing older than 8 s, and nothing on a silent line, is ever called live", () => {
  fc.assert(
    fc.property(
      fc.record({
        heard: fc.option(fc.nat(100_000)),
        beat: fc.nat(100_000),
        silent: fc.nat(10_000),
        opened: fc.constant(0),
        open: fc.boolean(),
        offline: fc.option(fc.nat(100_000)),
        now: fc.nat(200_000),
      }),
      (known) => {
        const { state, word } = connectionOf(known);
        expect(word).not.toBe("");
        if (state === "live") {
          expect(known.open && known.offline === null).toBe(true);
          expect(known.now - known.heard!).toBeLessThanOrEqual(8_000);
          expect(known.silent).toBeLessThanOrEqual(1_500);
        }
      },
    ),
  );
});

test("ties on a board: the earlier last points, then the lower id", () => {
  const row = (userId: string, points: number, lastAt: string) => ({
    userId,
    points,
    lastAt,
    rank: 0,
    handle: userId,
    solves: 1,
    seconds: null,
  });
  const rows = [
    row("c", 100, "2026-01-02"),
    row("b", 100, "2026-01-01"),
    row("a", 100, "2026-01-02"),
    row("d", 300, "2026-01-09"),
  ];
  expect(ranked(rows, 3).map((one) => [one.userId, one.rank])).toEqual([
    ["d", 1],
    ["b", 2],
    ["a", 3],
  ]);
});
