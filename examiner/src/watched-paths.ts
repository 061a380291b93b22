import { existsSync, watch, type FSWatcher } from "node:fs";
import { dirname } from "node:path";

const MAX_WATCHES = 64;
/** Milliseconds after which the nearest existing parents are looked up again. */
const REARM = 2_000;
const NEVER = /^\/(?:proc|sys|dev|bin|sbin|usr\/(?:bin|sbin|lib)|lib|run\/agon|opt\/agon)(?:\/|$)/;

/** Literal absolute paths that scripts name, at most 64. */
export function literalPaths(scripts: string[]): string[] {
  const found = new Set<string>();
  for (const script of scripts)
    for (const [path] of script.matchAll(/(?<![\w$.:/{}-])\/[\w.@+-]+(?:\/[\w.@+-]+)*/g))
      if (!NEVER.test(path)) found.add(path);
  return [...found].slice(0, MAX_WATCHES);
}

function nearest(path: string): string {
  let at = path;
  while (!existsSync(at) && at !== "/") at = dirname(at);
  return at;
}

/** Calls back when one of the paths (or its nearest existing parent) changes. */
export class WatchedPaths {
  readonly #onChange: () => void;
  readonly #watchers = new Map<string, FSWatcher>();
  #paths: string[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  set(scripts: string[]): void {
    this.#paths = literalPaths(scripts);
    this.#arm();
    clearInterval(this.#timer);
    this.#timer = setInterval(() => this.#arm(), REARM);
  }

  #arm(): void {
    const wanted = new Set(
      this.#paths.map(nearest).filter((path) => path !== "/" && !NEVER.test(path)),
    );
    for (const [path, watcher] of this.#watchers) {
      if (wanted.has(path)) continue;
      watcher.close();
      this.#watchers.delete(path);
    }
    for (const path of wanted) {
      if (this.#watchers.has(path)) continue;
      try {
        const watcher = watch(path, (event) => {
          // A renamed file is another inode: look it up again.
          if (event === "rename") {
            watcher.close();
            this.#watchers.delete(path);
            this.#arm();
          }
          this.#onChange();
        });
        watcher.on("error", () => this.#watchers.delete(path));
        this.#watchers.set(path, watcher);
      } catch {
        // No inotify watch left, or the path vanished: the tick sees the change.
      }
    }
  }

  close(): void {
    clearInterval(this.#timer);
    for (const watcher of this.#watchers.values()) watcher.close();
  }
}
