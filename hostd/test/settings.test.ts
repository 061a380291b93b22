import { afterEach, expect, test, vi } from "vitest";
import { wholeNumber } from "@agon/daemon/env";

afterEach(() => vi.unstubAllEnvs());

test("a number out of its bounds, or none at all, is refused by its name", () => {
  const read = (value: string) => {
    vi.stubEnv("AGON_CHECKPOINTS", value);
    return wholeNumber("AGON_CHECKPOINTS", 3, 0, 10);
  };
  expect([read(""), read("0"), read("10")]).toEqual([3, 0, 10]);
  for (const wrong of ["11", "-1", "2.5", "many"])
    expect(() => read(wrong)).toThrow(
      `AGON_CHECKPOINTS is ${wrong}: give a whole number from 0 to 10`,
    );
});
