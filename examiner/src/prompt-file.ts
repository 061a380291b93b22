import { chmodSync, mkdirSync, watch, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Calls back when a shell's prompt came back: prompt-hook.bash writes one byte into `file`.
 * Every user may write it; it is recreated here, and a machine without it falls back to the tick.
 * @returns stops watching.
 */
export function watchPrompts(file: string, onPrompt: () => void): () => void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, ".");
    chmodSync(file, 0o666);
    const watcher = watch(file, (event) => event === "change" && onPrompt());
    watcher.on("error", () => watcher.close());
    return () => watcher.close();
  } catch {
    // No inotify watch left, or no /run: terminal output and the tick still wake.
    return () => undefined;
  }
}
