import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Replaces a file so that a crash leaves the old or the new one, never a part.
 * @param options.mark of the file that is renamed; another one where several processes may write it at once.
 */
export function writeWhole(
  path: string,
  content: string | Uint8Array,
  { mark = "", mode = 0o600 } = {},
): void {
  const fresh = `${path}${mark}.new`;
  const file = openSync(fresh, "w", mode);
  try {
    writeFileSync(file, content);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(fresh, path);
  const folder = openSync(dirname(path), "r");
  fsyncSync(folder);
  closeSync(folder);
}

/** Text of a file, or undefined when there is none. */
export function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
