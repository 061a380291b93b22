import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * A folder for what tests put into the computer's own for temporary files: TMPDIR of all of them. Each
 * removes its own; what one leaves that failed or was killed goes with this, at the end or before the
 * next tests of the same place. Short, since paths of sockets are bounded.
 */
export class TemporaryFolder implements Disposable {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** @param of whose it is; the same again is the same folder, empty. */
  static make(of: string): TemporaryFolder {
    const digest = createHash("sha256").update(of).digest("hex").slice(0, 8);
    const folder = new TemporaryFolder(join(tmpdir(), `agon-test-${digest}`));
    folder.#remove();
    mkdirSync(folder.path);
    // As the computer's own: some tests run programs as other users.
    chmodSync(folder.path, 0o1777);
    return folder;
  }

  #remove(): void {
    if (!existsSync(this.path)) return;
    const mounts = readFileSync("/proc/self/mounts", "utf8")
      .split("\n")
      .map((line) => line.split(" ")[1] ?? "")
      .filter((place) => place.startsWith(`${this.path}/`));
    // Not by `run`, which starts nothing more after Ctrl-C.
    for (const place of mounts.reverse()) spawnSync("umount", ["--lazy", place]);
    // Never into what is mounted there in spite of that.
    spawnSync("rm", ["-rf", "--one-file-system", this.path]);
  }

  [Symbol.dispose](): void {
    this.#remove();
  }
}
