import { execFile } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
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
  /** Looks at what the run does while it runs. */
  meanwhile: (ended: Promise<boolean>) => Promise<void> = async () => undefined,
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
    const child = promisify(execFile)(
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
    const ended = child.then(() => true);
    await meanwhile(ended);
    const { stdout } = await child;
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

/** A file of the artifacts of a challenge's run, by its end; undefined = it is not there yet. */
function artifact(challenge: string, end: string): string | undefined {
  const all = process.env["AGON_ARTIFACTS"] ?? "";
  if (!existsSync(all)) return undefined;
  const found = readdirSync(all, { recursive: true }).find(
    (path) => String(path).includes(`${challenge}/`) && String(path).endsWith(end),
  );
  return found === undefined ? undefined : readFileSync(join(all, String(found)), "utf8");
}

test("10.3/9: chunks run in turn on the machine, as the user and as often as they say; a script that breaks decides nothing, and its output is there while it runs", async () => {
  let live = false;
  const found = await botOver(
    "chunk-runner",
    "solution",
    (folder) => {
      writeFileSync(
        join(folder, "index.md"),
        `---
kind: challenge
title: A challenge of chunks
description: Made by a test.
categories: [linux]
tagz: [test]
difficulty: easy
createdAt: 2026-11-29
playground: mini-lan
tasks:
  verify_default:
    machine: client
    run: '[ "$(stat -c %U /tmp/first)" = laborant ]'
    hintcheck: echo Make it.
  verify_root:
    machine: server
    run: test "$(cat /root/tries)" = xxx
    hintcheck: echo Try it three times.
---

::simple-task{name=verify_default}
#active
Make the first.
::

::simple-task{name=verify_root}
#active
Make the second.
::
`,
      );
      // The first chunk is for the default machine and its user, and takes long enough to be looked at.
      writeFileSync(
        join(folder, ".solution.sh"),
        `echo begun on $(hostname)
touch /tmp/first
for n in $(seq 40); do sleep 0.5; done
echo ended
# session: root@server retry=2
printf x >> /root/tries
test "$(cat /root/tries)" = xxx
# session: laborant@server
id -un
exit 3
# session: client
touch /tmp/never
`,
      );
    },
    async (ended) => {
      let over = false;
      void ended.then(() => (over = true));
      await expect
        .poll(
          () => {
            const text = artifact("chunk-runner", "chunk-00.stdout.log");
            live ||=
              !over && text !== undefined && text.includes("begun") && !text.includes("ended");
            return live || over;
          },
          { timeout: 300_000, interval: 100 },
        )
        .toBe(true);
    },
  );
  expect(live).toBe(true);
  expect(found).toEqual(expect.objectContaining({ verdict: "pass" }));
  expect(artifact("chunk-runner", "chunk-00.stdout.log")).toMatch(/^begun on client\n/);
  // The second chunk failed twice before it passed, each time with artifacts of its own.
  expect(artifact("chunk-runner", "chunk-01.retry-02.stderr.log")).toContain("xxx");
  expect(artifact("chunk-runner", "chunk-02.stdout.log")).toBe("laborant\n");
  // What broke ended the script: nothing of the last chunk ran.
  expect(artifact("chunk-runner", "chunk-03.stdout.log")).toBeUndefined();
  expect(artifact("chunk-runner", "tasks-final.txt")).toContain("verify_root");
});
