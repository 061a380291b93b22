import { spawn, type ChildProcess } from "node:child_process";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

/** Milliseconds that the first push and the play's acceptance may take. */
const START = 120_000;

/** `./agon dev` on a folder, as an author starts it. */
export class DevProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  #output = "";

  /** @param dir the arena's folder. */
  constructor(root: string, dir: string, folder: string) {
    const { AGON_API_KEY: _, AGON_ENDPOINT: __, ...env } = process.env;
    this.#child = spawn(
      process.execPath,
      [
        "--disable-warning=ExperimentalWarning",
        join(root, "front-door/src/main.ts"),
        "dev",
        folder,
      ],
      { env: { ...env, AGON_DIR: dir, NO_COLOR: "1" }, stdio: ["ignore", "pipe", "pipe"] },
    );
    for (const stream of [this.#child.stdout!, this.#child.stderr!])
      stream.setEncoding("utf8").on("data", (text: string) => (this.#output += text));
  }

  /** The link that signs a browser in and leads to the play. @throws when there is none in time. */
  async link(): Promise<string> {
    for (const until = Date.now() + START; Date.now() < until; await pause(100)) {
      const link = /Once: (\S+)/.exec(this.#output)?.[1];
      if (link) return link;
      if (this.#child.exitCode !== null) break;
    }
    throw new Error(`./agon dev gave no link:\n${this.#output}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const gone = new Promise((resolve) => this.#child.once("close", resolve));
    this.#child.kill("SIGTERM");
    await gone;
  }
}
