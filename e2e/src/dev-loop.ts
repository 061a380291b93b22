import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { until } from "@agon/testing/until";

const root = join(import.meta.dirname, "../..");

/** `./agon dev`, or another command that follows saves, of a fresh folder, as its author starts it. */
export class DevLoop implements AsyncDisposable {
  readonly #parent = mkdtempSync(join(tmpdir(), "agon-dev-"));
  readonly #child: ChildProcess;
  readonly folder: string;
  /** Everything that it printed. */
  output = "";

  /**
   * @param name of the folder and the draft.
   * @param files text of its index, or files by their path.
   * @param command before the path, and what of the folder it is started with.
   */
  constructor(
    name: string,
    files: string | Record<string, string>,
    { command = ["dev"], path = "" } = {},
  ) {
    this.folder = join(this.#parent, name);
    for (const [file, text] of Object.entries(
      typeof files === "string" ? { "index.md": files } : files,
    ))
      this.save(file, text);
    const { AGON_API_KEY: _, ...env } = process.env;
    this.#child = spawn(
      process.execPath,
      [
        "--disable-warning=ExperimentalWarning",
        join(root, "front-door/src/main.ts"),
        ...command,
        join(this.folder, path),
      ],
      { env: { ...env, NO_COLOR: "1" }, stdio: ["pipe", "pipe", "pipe"] },
    );
    for (const stream of [this.#child.stdout!, this.#child.stderr!])
      stream.setEncoding("utf8").on("data", (text: string) => (this.output += text));
  }

  /** Saves a file as editors do: written beside, then renamed into place. */
  save(path: string, text: string): void {
    const file = join(this.folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(`${file}.tmp~`, text);
    renameSync(`${file}.tmp~`, file);
  }

  /** Presses a key. */
  press(key: string): void {
    this.#child.stdin!.write(key);
  }

  /** The link that signs a browser in and leads to the play. */
  async link(): Promise<string> {
    return until("the link", () => /Once: (\S+)/.exec(this.output)?.[1], 100);
  }

  /** Waits until it printed something. */
  async says(pattern: RegExp): Promise<void> {
    await until(`dev says ${pattern}`, () => pattern.test(this.output), 100);
  }

  /** Stops it as Ctrl-C does, and waits until it is gone. */
  async end(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const gone = new Promise((resolve) => this.#child.once("close", resolve));
    this.#child.kill("SIGTERM");
    await gone;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
    rmSync(this.#parent, { recursive: true, force: true });
  }
}

/** The index.md of a challenge with these tasks, each shown by a component in the body. */
export function challengeText(words: string, tasks: Record<string, string>, inits = ""): string {
  const yaml = Object.entries(tasks)
    .map(
      ([name, run]) =>
        `  ${name}:\n    run: |\n${run.replaceAll(/^/gm, "      ")}\n    hintcheck: echo "Not there."\n`,
    )
    .join("");
  const body = Object.keys(tasks)
    .map(
      (name) =>
        `::simple-task\n---\n:tasks: tasks\n:name: ${name}\n---\n#active\nTask ${name}.\n\n#completed\nDone.\n::\n`,
    )
    .join("\n");
  return `---
kind: challenge
title: A draft of the author's loop
description: Written while its page is open.
difficulty: easy
categories: [linux]
tagz: [draft]
createdAt: 2026-11-28
playground: debian-stable
tasks:
${inits}${yaml}---

${words}

${body}`;
}
