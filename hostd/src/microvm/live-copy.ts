import { spawn, type ChildProcess } from "node:child_process";
import { createInterface, type Interface } from "node:readline";

/** Milliseconds for the first copy, while its writer goes on, and for what changed meanwhile. */
const FIRST = 120_000;
const REST = 30_000;

/**
 * A copy of a file that a running machine writes to (guest/copy-live.c, guest/memory-delta.c): most of
 * it is made before the machine stands still, so that it stands still for the rest alone.
 */
export class LiveCopy implements Disposable {
  readonly #child: ChildProcess;
  readonly #lines: Interface;
  readonly #ended: Promise<void>;
  #errors = "";

  private constructor(program: string, args: string[]) {
    this.#child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"] });
    this.#lines = createInterface({ input: this.#child.stdout! });
    this.#child.stderr!.setEncoding("utf8").on("data", (text: string) => {
      this.#errors = (this.#errors + text).slice(-1_000);
    });
    // It may be gone when it is told to finish: `close` says so.
    this.#child.stdin!.on("error", () => undefined);
    this.#ended = new Promise((resolve, reject) => {
      this.#child.on("error", reject);
      this.#child.on("close", (code) => {
        if (code === 0) resolve();
        else reject(new Error(`${program} ended with ${code}: ${this.#errors.trim()}`));
      });
    });
    // Nobody waits for it between the steps.
    this.#ended.catch(() => undefined);
  }

  /** @param program that tells its steps as copy-live does. Resolves once the first copy is made. */
  static async begin(program: string, args: string[]): Promise<LiveCopy> {
    const copy = new LiveCopy(program, args);
    try {
      await copy.#line("copied", FIRST);
      return copy;
    } catch (error) {
      copy[Symbol.dispose]();
      throw error;
    }
  }

  /** The writer stands still, and may go on when it returns. @returns bytes that had changed. */
  async finish(): Promise<number> {
    const done = this.#line("done", REST);
    this.#child.stdin!.end("x");
    return Number((await done).split(" ")[1]);
  }

  /** The copy is complete, some time after it was finished. */
  async complete(): Promise<void> {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => late.reject(new Error("a copy did not end")), REST);
    try {
      await Promise.race([this.#ended, late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  async #line(word: string, ms: number): Promise<string> {
    const told = Promise.withResolvers<string>();
    const listen = (line: string) => {
      if (line.startsWith(word)) told.resolve(line);
    };
    this.#lines.on("line", listen);
    const timer = setTimeout(
      () => told.reject(new Error(`a copy did not come to "${word}" within ${ms / 1_000} s`)),
      ms,
    );
    try {
      const ended = this.#ended.then(() => told.reject(new Error(`a copy ended before "${word}"`)));
      await Promise.race([told.promise, ended]);
      return await told.promise;
    } finally {
      clearTimeout(timer);
      this.#lines.off("line", listen);
    }
  }

  /** Ends it; what it made is worth nothing unless it was finished. */
  [Symbol.dispose](): void {
    this.#child.kill("SIGKILL");
  }
}
