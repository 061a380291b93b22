import { randomBytes } from "node:crypto";
import {
  closeSync,
  copyFileSync,
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
import { copySparse } from "../src/microvm/machine-copy.ts";
import { LiveCopy } from "../src/microvm/live-copy.ts";

const given = process.env["AGON_TEST_MICROVM"];
if (!given)
  throw new Error("AGON_TEST_MICROVM is not set: run ./agon test --only hostd, which builds it");
const program = join((JSON.parse(given) as MicrovmArtefacts).tools, "memory-delta");
const MIB = 2 ** 20;
const PAGE = 4096;
const SIZE = 64 * MIB;
let folder: string;
const at = (name: string) => join(folder, name);

function write(name: string, where: number, bytes: Buffer): void {
  const file = openSync(at(name), "r+");
  writeSync(file, bytes, 0, bytes.length, where);
  closeSync(file);
}
const punch = (name: string, where: number, length: number) =>
  execa("fallocate", ["-p", "-o", String(where), "-l", String(length), at(name)]);
/** Bytes that a file takes of the disk. */
const room = (name: string) => statSync(at(name)).blocks * 512;
const begin = () => LiveCopy.begin(program, ["take", at("base"), at("memory"), at("delta")]);
const rebuild = () =>
  execa(program, ["rebuild", at("base"), at("delta"), at("again")], { reject: false });
/** The memory that the delta stands for. */
async function rebuilt(): Promise<Buffer> {
  expect(await rebuild()).toMatchObject({ exitCode: 0, stderr: "" });
  return readFileSync(at("again"));
}
async function taken(): Promise<void> {
  using copy = await begin();
  await copy.finish();
  await copy.complete();
}

/** A base of 24 MiB of data among holes, and a memory that came from it. */
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "agon-delta-"));
  closeSync(openSync(at("base"), "w"));
  truncateSync(at("base"), SIZE);
  write("base", MIB, randomBytes(16 * MIB));
  write("base", 40 * MIB, randomBytes(8 * MIB));
  await copySparse(at("base"), at("memory"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("a memory like its base's takes next to nothing", async () => {
  await taken();
  expect(room("delta")).toBeLessThan(3 * PAGE);
  expect((await rebuilt()).equals(readFileSync(at("base")))).toBe(true);
});

test("pages that are other, new, empty, zeroed or as before come back, whether they changed before or after the first look", async () => {
  const change = async (from: number) => {
    write("memory", from, randomBytes(PAGE)); // one page is other
    write("memory", from + 3 * PAGE + 100, randomBytes(10)); // a part of another one
    write("memory", from + 8 * PAGE, Buffer.alloc(2 * PAGE)); // zeros in place of data
    await punch("memory", from + 16 * PAGE, 2 * PAGE); // given back
    write("memory", from + 30 * MIB, randomBytes(3 * PAGE)); // data where nothing was
    write("memory", from + 35 * MIB, Buffer.alloc(PAGE)); // zeros where nothing was
  };
  await change(2 * MIB);
  write("memory", 5 * MIB, randomBytes(6 * PAGE));
  using copy = await begin();
  await change(8 * MIB);
  const was = readFileSync(at("base"));
  write("memory", 5 * MIB, was.subarray(5 * MIB, 5 * MIB + PAGE)); // as in the base again
  write("memory", 5 * MIB + PAGE, Buffer.alloc(PAGE)); // zero, once other
  await punch("memory", 5 * MIB + 2 * PAGE, PAGE); // empty, once other
  write("memory", 5 * MIB + 3 * PAGE, randomBytes(PAGE)); // other once more
  write("memory", 2 * MIB + 8 * PAGE, was.subarray(2 * MIB + 8 * PAGE, 2 * MIB + 9 * PAGE)); // once zero
  write("memory", 2 * MIB + 9 * PAGE, randomBytes(PAGE)); // once zero
  await copy.finish();
  const stood = readFileSync(at("memory"));
  // Its writer goes on.
  write("memory", 10 * MIB, randomBytes(MIB));
  await copy.complete();
  expect((await rebuilt()).equals(stood)).toBe(true);
  expect(room("delta")).toBeLessThan(30 * PAGE);
  expect(room("again")).toBeLessThan(25 * MIB);
});

test("a memory that has nothing of its base is stored whole", async () => {
  write("memory", 0, randomBytes(SIZE));
  await taken();
  expect((await rebuilt()).equals(readFileSync(at("memory")))).toBe(true);
  expect(room("delta")).toBeLessThan(SIZE + 64 * PAGE);
});

test("what is torn, damaged, or was not completed is refused in words", async () => {
  write("memory", 2 * MIB, randomBytes(MIB));
  await taken();
  const whole = readFileSync(at("delta"));
  const refused = async (why: RegExp) => {
    const { exitCode, stderr } = await rebuild();
    expect(stderr).toMatch(why);
    expect(exitCode).toBe(4);
  };
  for (const length of [0, 100, PAGE, MIB, whole.length - 1]) {
    truncateSync(at("delta"), length);
    await refused(/is (cut off|no complete delta)/);
    write("delta", 0, whole);
  }
  for (const where of [9, 50, PAGE, MIB - 7, whole.length - 1]) {
    write("delta", where, Buffer.of(whole[where]! ^ 1));
    await refused(/is (cut off|damaged)/);
    write("delta", where, whole.subarray(where, where + 1));
  }
  expect((await rebuilt()).equals(readFileSync(at("memory")))).toBe(true);
  // Nobody told it that the memory stands still.
  const copy = await begin();
  copy[Symbol.dispose]();
  await expect(copy.complete()).rejects.toThrow("ended with");
  await refused(/no complete delta/);
});

test("a base that was written to, replaced, or is gone is not used", async () => {
  write("memory", 2 * MIB, randomBytes(MIB));
  await taken();
  const refused = async (why: RegExp) => {
    const { exitCode, stderr } = await rebuild();
    expect(stderr).toMatch(why);
    expect(exitCode).toBe(4);
  };
  copyFileSync(at("base"), at("other"));
  const mark = statSync(at("base"));
  write("base", 30 * MIB, randomBytes(1));
  await execa("touch", ["-d", mark.mtime.toISOString(), at("base")]);
  await refused(/is not the memory that/);
  rmSync(at("base"));
  await refused(/is gone/);
  copyFileSync(at("other"), at("base"));
  await refused(/is not the memory that/);
});

test("a base of another size is none", async () => {
  truncateSync(at("base"), SIZE / 2);
  await expect(begin()).rejects.toThrow("no memory of the same size");
});
