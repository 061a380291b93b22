import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { TemporaryFolder } from "../src/temporary.ts";

test("what tests left in their temporary folder goes at the end, with what is mounted there, and before the next ones", () => {
  const place = `/none/${process.pid}`;
  let path: string;
  {
    using folder = TemporaryFolder.make(place);
    ({ path } = folder);
    mkdirSync(join(path, "agon-left"));
    execFileSync("mount", ["-t", "tmpfs", "none", join(path, "agon-left")]);
    writeFileSync(join(path, "agon-left/file"), "");
    // Of tests that were killed.
    using again = TemporaryFolder.make(place);
    expect(again.path).toBe(path);
    expect(readdirSync(path)).toEqual([]);
    writeFileSync(join(path, "other"), "");
  }
  expect(existsSync(path)).toBe(false);
  expect(readFileSync("/proc/self/mounts", "utf8")).not.toContain(path);
});
