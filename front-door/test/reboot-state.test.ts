import { expect, test } from "vitest";
import { rebootWords } from "../src/reboot-state.ts";

const one = { play: "p1", machine: "web", reboots: 1, rebootMs: 12_530, coldBootMs: 12_548 };

test("reboots stand beside the cold boot, the slowest first; what is not known is not told", () => {
  expect(
    rebootWords([
      one,
      { ...one, machine: "db", reboots: 2, rebootMs: 25_096 },
      { ...one, machine: "new", coldBootMs: 0 },
    ]),
  ).toBe(
    [
      "Running machines that were rebooted:",
      "  db of play p1: 2 reboots, the last took 25.1 s, 2.0 times its cold boot of 12.5 s",
      "  web of play p1: 1 reboot, the last took 12.5 s, 1.0 times its cold boot of 12.5 s",
      "  new of play p1: 1 reboot, the last took 12.5 s",
    ].join("\n"),
  );
});

test("of many the slowest ten are shown, and where the rest is", () => {
  const lines = rebootWords(Array.from({ length: 25 }, () => one)).split("\n");
  expect(lines).toHaveLength(12);
  expect(lines.at(-1)).toBe("  and 15 more: ./agon status --json");
});
