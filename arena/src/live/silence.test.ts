import fc from "fast-check";
import { expect, test } from "vitest";
import { TICK, silenceSince } from "./silence";

test("silence is the time since the last message while the page looks regularly", () => {
  const silence = silenceSince(0);
  expect([500, 1000, 1500].map((now) => silence.tick(now))).toEqual([500, 1000, 1500]);
  silence.heard(1600);
  expect(silence.tick(2000)).toBe(400);
});

test("a page that was busy for two seconds does not call that silence, one that slept for an hour does", () => {
  const silence = silenceSince(0);
  silence.tick(500);
  expect(silence.tick(2500)).toBe(2 * TICK);
  expect(silence.tick(3_600_000)).toBe(3_600_000);
});

test("silence is never longer than the wall clock says, and never negative", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(3000), fc.boolean())), (steps) => {
      const silence = silenceSince(0);
      let now = 0;
      let heardAt = 0;
      for (const [passed, heard] of steps) {
        now += passed;
        if (heard) {
          silence.heard(now);
          heardAt = now;
        }
        const told = silence.tick(now);
        expect(told).toBeGreaterThanOrEqual(0);
        expect(told).toBeLessThanOrEqual(now - heardAt);
      }
    }),
  );
});
