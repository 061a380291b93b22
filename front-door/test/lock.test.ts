import { existsSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { takeLock } from "../src/lock.ts";

test("a lock of a living process is refused with its pid, one of a dead process is taken over", () => {
  const file = join(mkdtempSync(join(tmpdir(), "agon-lock-")), "up.lock");
  writeFileSync(file, String(process.ppid));
  expect(() => takeLock(file)).toThrow(`pid ${process.ppid}`);
  // The largest pid that Linux gives is 2^22.
  writeFileSync(file, String(2 ** 22 + 1));
  const release = takeLock(file);
  release();
  expect(existsSync(file)).toBe(false);
});
