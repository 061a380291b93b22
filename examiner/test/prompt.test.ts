import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { watchPrompts } from "../src/prompt-file.ts";

let folder: string;
let prompt: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "agon-prompt-"));
  prompt = join(folder, "prompt");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** The shipped hook, writing to this test's file. */
const hook = readFileSync(join(import.meta.dirname, "../src/prompt-hook.bash"), "utf8").replaceAll(
  "/run/agon/prompt",
  "$PROMPT_FILE",
);

/** An interactive bash with these start-up lines, fed these lines. */
function shell(rc: string, lines: string[], args: string[] = []): { out: string; err: string } {
  const file = join(folder, "rc");
  writeFileSync(file, rc);
  const errors = join(folder, "errors");
  const out = execFileSync(
    "bash",
    ["-c", 'exec bash --noprofile --rcfile "$0" "$@" -i 2>"$ERRORS"', file, ...args],
    {
      encoding: "utf8",
      input: `${lines.join("\n")}\n`,
      env: {
        PATH: process.env["PATH"],
        HOME: folder,
        PROMPT_FILE: prompt,
        ERRORS: errors,
        PS1: "",
      },
    },
  );
  return { out, err: readFileSync(errors, "utf8") };
}

test.each([
  ["no own PROMPT_COMMAND", hook, "x"],
  ["an own one before the hook", `PROMPT_COMMAND='echo mine'\n${hook}`, "mine"],
  ["an own one after the hook", `${hook}\nPROMPT_COMMAND='echo mine'`, "mine"],
  [
    "one that goes on with what was there",
    `${hook}\nPROMPT_COMMAND="echo mine; $PROMPT_COMMAND"`,
    "mine",
  ],
  ["one that is appended", `${hook}\nPROMPT_COMMAND+=('echo mine')`, "mine"],
  ["the hook twice", `${hook}\n${hook}`, "x"],
  ["set -euC of the user", `${hook}\nset -euC`, "x"],
])("the prompt is told, and the user's own command lives: %s", (_, rc, expected) => {
  const { out, err } = shell(rc, ["echo x", 'stat -c bytes=%s "$PROMPT_FILE"']);
  expect(out).toContain(expected);
  expect(out).toContain("bytes=1");
  expect(err).not.toMatch(/syntax|not found|unbound|denied|cannot overwrite/);
});

test("the exit code of the last command stays what it was", () => {
  const { out } = shell(hook, ["(exit 7)", "echo status=$?"]);
  expect(out).toContain("status=7");
});

test("without the examiner's folder the shell says nothing about it", () => {
  prompt = join(folder, "gone", "prompt");
  const { out, err } = shell(hook, ["echo x"]);
  expect(out).toContain("x");
  expect(err).not.toContain("prompt");
});

test("a restricted shell is left alone", () => {
  expect(shell(hook, ["echo x"], ["-r"]).err).not.toContain("restricted");
});

test("a prompt wakes once it was written, from any user, and the file does not grow", async () => {
  let told: () => void = () => undefined;
  const woken = new Promise<void>((resolve) => (told = resolve));
  const stop = watchPrompts(prompt, () => told());
  try {
    expect(statSync(prompt).mode & 0o777).toBe(0o666);
    shell(hook, ["true", "true", "true"]);
    await woken;
    expect(statSync(prompt).size).toBe(1);
  } finally {
    stop();
  }
});
