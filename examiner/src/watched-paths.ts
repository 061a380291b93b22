import { existsSync, watch, type FSWatcher } from "node:fs";
import { basename, dirname } from "node:path";

const MAX_WATCHES = 64;
/** Milliseconds after which the nearest existing parents are looked up again. */
const REARM = 2_000;
const NEVER = /^\/(?:proc|sys|dev|bin|sbin|usr\/(?:bin|sbin|lib)|lib|run\/agon|opt\/agon)(?:\/|$)/;

/** A script with the home folder of the user who runs it; empty = not known. */
export interface WatchedScript {
  text: string;
  home: string;
}

/** Literal paths that scripts name, absolute or in the home of who runs them, at most 64. */
export function literalPaths(scripts: WatchedScript[]): string[] {
  const found = new Set<string>();
  for (const { text, home } of scripts) {
    const absolute = home
      ? text.replaceAll(/(?<![\w$.:/{}~-])(?:~|\$HOME|\$\{HOME\})(?=\/)/g, home)
      : text;
    for (const [path] of absolute.matchAll(/(?<![\w$.:/{}~-])\/[\w.@+-]+(?:\/[\w.@+-]+)*/g))
      if (!NEVER.test(path)) found.add(path);
  }
  return [...found].slice(0, MAX_WATCHES);
}

/** The path, or its nearest existing parent with the name below it that has to appear first. */
function nearest(path: string): { at: string; name?: string } {
  let at = path;
  let name: string | undefined;
  while (!existsSync(at) && at !== "/") {
    name = basename(at);
    at = dirname(at);
  }
  return name === undefined ? { at } : { at, name };
}

/** Calls back when one of the paths changes, or the next part of one that is not there yet appears. */
export class WatchedPaths {
  readonly #onChange: (path: string) => void;
  readonly #watchers = new Map<string, FSWatcher>();
  /** What counts in a watched place: these names, or everything. */
  #wanted = new Map<string, Set<string> | "all">();
  #paths: string[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(onChange: (path: string) => void) {
    this.#onChange = onChange;
  }

  set(scripts: WatchedScript[]): void {
    this.#paths = literalPaths(scripts);
    this.#arm();
    clearInterval(this.#timer);
    this.#timer = setInterval(() => this.#arm(), REARM);
  }

  #look(): void {
    const wanted = new Map<string, Set<string> | "all">();
    for (const path of this.#paths) {
      const { at, name } = nearest(path);
      if (at === "/" || NEVER.test(at)) continue;
      const known = wanted.get(at) ?? new Set();
      if (known !== "all" && name !== undefined) known.add(name);
      wanted.set(at, name === undefined ? "all" : known);
    }
    this.#wanted = wanted;
  }

  #arm(): void {
    this.#look();
    for (const [path, watcher] of this.#watchers) {
      if (this.#wanted.has(path)) continue;
      watcher.close();
      this.#watchers.delete(path);
    }
    for (const path of this.#wanted.keys()) {
      if (this.#watchers.has(path)) continue;
      try {
        const watcher = watch(path, (event, name) => this.#changed(path, watcher, event, name));
        watcher.on("error", () => this.#watchers.delete(path));
        this.#watchers.set(path, watcher);
      } catch {
        // No inotify watch left, or the path vanished: the tick sees the change.
      }
    }
  }

  #changed(path: string, watcher: FSWatcher, event: string, name: string | null): void {
    const wanted = this.#wanted.get(path);
    if (name !== null && wanted !== undefined && wanted !== "all" && !wanted.has(name)) return;
    // A renamed file is another inode: look it up again.
    if (event === "rename") {
      watcher.close();
      this.#watchers.delete(path);
      this.#arm();
    }
    this.#onChange(wanted === "all" || name === null ? path : `${path}/${name}`);
  }

  close(): void {
    clearInterval(this.#timer);
    for (const watcher of this.#watchers.values()) watcher.close();
  }
}
