import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { takeLock } from "../src/lock.ts";

const folder = mkdtempSync(join(tmpdir(), "agon-lock-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("a lock of a living process is refused with its pid, one of a dead process is taken over", () => {
  const file = join(folder, "up.lock");
  writeFileSync(file, String(process.ppid));
  expect(() => takeLock(file)).toThrow(`pid ${process.ppid}`);
  // The largest pid that Linux gives is 2^22.
  writeFileSync(file, String(2 ** 22 + 1));
  const release = takeLock(file);
  release();
  expect(existsSync(file)).toBe(false);
});
