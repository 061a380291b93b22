import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { contentDir } from "../src/content.ts";
import { ask } from "../src/graphql.ts";

const root = resolve(import.meta.dirname, "../..");
const SHIPPED = "rescue-the-web-server";

/** Publishes a changed copy of a shipped challenge and runs one bot over it. */
async function botOver(
  name: string,
  variant: string,
  change: (folder: string) => void,
): Promise<{ verdict: string; reason: string }> {
  const made = mkdtempSync(join(tmpdir(), "agon-bot-"));
  const target = join(contentDir, name);
  try {
    cpSync(join(root, "challenges", SHIPPED), made, { recursive: true });
    change(made);
    cpSync(made, target, { recursive: true });
    await expect
      .poll(
        async () =>
          (
            await ask<{ challenge: unknown }>(
              "query($n: String!) { challenge(name: $n) { name } }",
              { n: name },
            )
          ).challenge,
        { timeout: 60_000 },
      )
      .toBeTruthy();
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [
        "--disable-warning=ExperimentalWarning",
        join(root, "bots/src/main.ts"),
        "run",
        name,
        "--json",
        "--variant",
        variant,
      ],
      { env: process.env, maxBuffer: 10_000_000 },
    ).catch((error: { stdout: string }) => error);
    return (JSON.parse(stdout) as { runs: { verdict: string; reason: string }[] }).runs[0]!;
  } finally {
    rmSync(made, { recursive: true, force: true });
    rmSync(target, { recursive: true, force: true });
  }
}

test("a shipped check replaced by `true`: the bot that does nothing fails", async () => {
  const found = await botOver("mutant-true", "nothing", (folder) => {
    const file = join(folder, "index.md");
    const text = readFileSync(file, "utf8");
    // The first regular task's run becomes one that always succeeds.
    const changed = text.replace(
      /(\n {2}verify_[a-z_]+:\n(?: {4}(?!run:).*\n(?: {6}.*\n)*)*) {4}run: (?:\|\n(?: {6}.*\n|\n)+|.*\n)/,
      '$1    run: "true"\n',
    );
    expect(changed).not.toBe(text);
    writeFileSync(file, changed);
  });
  expect(found.verdict).toBe("fail");
  expect(found.reason).toContain("although nothing was done");
});

test("a solution without its last command: the solution bot fails and says what is open", async () => {
  const found = await botOver("mutant-solution", "solution", (folder) => {
    const file = join(folder, ".solution.sh");
    const lines = readFileSync(file, "utf8").trimEnd().split("\n");
    // Waiting for the checks changes nothing: drop the last command that does something, and all after it.
    while (/^\s*(#|$|examinerctl task wait)/.test(lines.at(-1)!)) lines.pop();
    lines.pop();
    writeFileSync(file, `${lines.join("\n")}\n`);
  });
  expect(found.verdict).toBe("fail");
  expect(found.reason).toContain("open");
});
