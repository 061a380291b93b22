import { randomBytes } from "node:crypto";
import {
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { MicrovmArtefacts } from "../src/microvm/artefacts.ts";
import { LiveCopy } from "../src/microvm/live-copy.ts";

const given = process.env["AGON_TEST_MICROVM"];
if (!given)
  throw new Error("AGON_TEST_MICROVM is not set: run ./agon test --only hostd, which builds it");
const program = join((JSON.parse(given) as MicrovmArtefacts).drive, "copy-live");
const MIB = 2 ** 20;
const PAGE = 4096;
let folder: string;
let from: string;
let to: string;

/** Writes random bytes at a place. */
function scribble(at: number, bytes: number): void {
  const file = openSync(from, "r+");
  writeSync(file, randomBytes(bytes), 0, bytes, at);
  closeSync(file);
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "agon-copy-"));
  from = join(folder, "from");
  to = join(folder, "to");
  closeSync(openSync(from, "w"));
  truncateSync(from, 64 * MIB);
  scribble(MIB, 2 * MIB);
  scribble(20 * MIB, MIB);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("what changed after the first copy, appeared or vanished, is in the copy; holes stay", async () => {
  using copy = await LiveCopy.begin(program, [from, to]);
  scribble(MIB + 5 * PAGE, PAGE);
  scribble(40 * MIB + 100, 10);
  await execa("fallocate", ["-p", "-o", String(20 * MIB), "-l", String(MIB), from]);
  // Two pages differ; what is empty now is no copying.
  expect(await copy.finish()).toBe(2 * PAGE);
  expect(readFileSync(to).equals(readFileSync(from))).toBe(true);
  expect(statSync(to).blocks * 512).toBeLessThan(3 * MIB);
});

test("a file whose size is no number of pages is copied to its last byte", async () => {
  truncateSync(from, MIB + 1_234);
  using copy = await LiveCopy.begin(program, [from, to]);
  scribble(MIB + 1_000, 234);
  expect(await copy.finish()).toBe(1_234);
  expect(readFileSync(to).equals(readFileSync(from))).toBe(true);
});

test("what can't be copied fails in words, also when it ends between the steps", async () => {
  await expect(LiveCopy.begin(program, [join(folder, "nothing"), to])).rejects.toThrow(
    "No such file",
  );
  using copy = await LiveCopy.begin(program, [from, to]);
  copy[Symbol.dispose]();
  await expect(copy.finish()).rejects.toThrow("copy-live ended");
});
