import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readFileSync } from "node:fs";
import { afterAll, expect, test } from "vitest";
import { challenge, steps } from "../src/report-script-files.ts";

const folder = mkdtempSync(join(tmpdir(), "agon-bench-"));
afterAll(() => rmSync(folder, { recursive: true }));
const log = join(folder, "access.log");
writeFileSync(
  log,
  '10.0.0.1 - - [d +0000] "GET / HTTP/1.1" 500 10\n10.0.0.1 - - [d +0000] "GET / HTTP/1.1" 200 5\ncut off\n',
);

test("every step is a task of the shipped challenge", () => {
  const text = readFileSync(
    fileURLToPath(new URL(`../../challenges/${challenge}/index.md`, import.meta.url)),
    "utf8",
  );
  for (const { task } of steps) expect(text).toContain(`  ${task}:\n`);
});

test("each version prints one line more than the one before, the last refuses a missing file", () => {
  const run = (file: string, argument: string) => {
    const path = join(folder, "report.sh");
    writeFileSync(path, file, { mode: 0o755 });
    const { status, stdout } = spawnSync("bash", [path, argument], { encoding: "utf8" });
    return { status, lines: stdout.split("\n").slice(0, -1) };
  };
  const printed = steps.map(({ file }) => run(file, log).lines);
  const all = ["requests: 2", "errors: 1", "top: 10.0.0.1 2"];
  expect(printed).toEqual([[], all.slice(0, 1), all.slice(0, 2), all, all]);
  const missing = steps.map(({ file }) => run(file, join(folder, "none")));
  expect(missing.map(({ status }) => status)).toEqual([0, 0, 0, 0, 2]);
  expect(missing.every(({ lines }) => lines.length === 0)).toBe(true);
});
