import { createHash } from "node:crypto";
import { lstatSync, readFileSync, readdirSync, realpathSync, statSync } from "node:fs";
import { join, sep } from "node:path";
import { IGNORE_FILE, IgnoreRules, neverUploaded } from "./ignore.ts";

/** Bounds of one content folder. */
export const LIMITS = {
  files: 5_000,
  depth: 12,
  /** Bytes of one Markdown or YAML file. */
  text: 2_000_000,
  /** Bytes of one other file. */
  asset: 50_000_000,
};

/** What could not be taken of a folder. */
export interface Refused {
  path: string;
  why: "outside" | "depth" | "count" | "unreadable" | "kind";
}

/** The files of one content folder, on disk or stored: everything that its upload would hold. */
export interface Files {
  /** What problems put before a path: an absolute folder. */
  readonly root: string;
  /** Relative paths in order. */
  readonly paths: readonly string[];
  readonly refused: readonly Refused[];
  /** Says whether anything changed: names, sizes and times. Empty = cannot tell. */
  readonly stamp: string;
  has(path: string): boolean;
  size(path: string): number;
  executable(path: string): boolean;
  /** Bytes of a file. Throws when there is none. */
  read(path: string): Buffer;
  /** Hash of a file's bytes, 16 hex digits. */
  hash(path: string): string;
}

interface Entry {
  size: number;
  executable: boolean;
  changed: number;
}

/** Hashes by file, size and time, so that loading again reads nothing twice. Bounded. */
const hashes = new Map<string, string>();

/**
 * Files below a folder, without what the upload filter leaves out. A link is followed only when it
 * stays inside the folder.
 */
export function filesOnDisk(root: string): Files {
  const entries = new Map<string, Entry>();
  const refused: Refused[] = [];
  const real = realpathSync(root);
  const walk = (folder: string, rules: IgnoreRules, depth: number): void => {
    let names;
    try {
      names = readdirSync(join(root, folder)).sort();
    } catch {
      refused.push({ path: folder, why: "unreadable" });
      return;
    }
    const own = names.includes(IGNORE_FILE)
      ? rules.with(folder, readSmall(join(root, folder, IGNORE_FILE)))
      : rules;
    for (const name of names) {
      if (neverUploaded(name)) continue;
      const path = folder ? `${folder}/${name}` : name;
      if (entries.size >= LIMITS.files) {
        if (refused.at(-1)?.why !== "count") refused.push({ path, why: "count" });
        return;
      }
      try {
        const at = join(root, path);
        const linked = lstatSync(at).isSymbolicLink();
        if (linked && !`${realpathSync(at)}${sep}`.startsWith(`${real}${sep}`)) {
          refused.push({ path, why: "outside" });
          continue;
        }
        const stat = statSync(at);
        if (own.ignores(path, stat.isDirectory())) continue;
        if (stat.isDirectory()) {
          // A linked folder may lead back to its parent, for ever.
          if (linked || depth >= LIMITS.depth)
            refused.push({ path, why: linked ? "kind" : "depth" });
          else walk(path, own, depth + 1);
        } else if (stat.isFile())
          entries.set(path, {
            size: stat.size,
            executable: (stat.mode & 0o111) !== 0,
            changed: stat.mtimeMs,
          });
        else refused.push({ path, why: "kind" });
      } catch {
        refused.push({ path, why: "unreadable" });
      }
    }
  };
  walk("", new IgnoreRules(), 0);
  const entry = (path: string): Entry => {
    const found = entries.get(path);
    if (!found) throw new Error(`there is no ${path}`);
    return found;
  };
  return {
    root,
    paths: [...entries.keys()].sort(),
    refused,
    stamp: digest(
      Buffer.from(
        JSON.stringify([[...entries].map(([path, one]) => [path, one.size, one.changed]), refused]),
      ),
    ),
    has: (path) => entries.has(path),
    size: (path) => entry(path).size,
    executable: (path) => entry(path).executable,
    read: (path) => {
      const { size } = entry(path);
      if (size > LIMITS.asset) throw new Error(`it is larger than ${LIMITS.asset} bytes`);
      return readFileSync(join(root, path));
    },
    hash: (path) => {
      const { size, changed } = entry(path);
      const key = `${join(root, path)}\0${size}\0${changed}`;
      let known = hashes.get(key);
      if (!known) {
        known = size > LIMITS.asset ? "" : digest(readFileSync(join(root, path)));
        if (hashes.size > 50_000) hashes.clear();
        hashes.set(key, known);
      }
      return known;
    },
  };
}

/** Files that are stored elsewhere than on disk, by path. */
export function filesFrom(root: string, stored: ReadonlyMap<string, Buffer>): Files {
  const read = (path: string): Buffer => {
    const bytes = stored.get(path);
    if (!bytes) throw new Error(`there is no ${path}`);
    return bytes;
  };
  return {
    root,
    paths: [...stored.keys()].sort(),
    refused: [],
    stamp: "",
    has: (path) => stored.has(path),
    size: (path) => read(path).length,
    executable: (path) => read(path).subarray(0, 2).toString() === "#!",
    read,
    hash: (path) => digest(read(path)),
  };
}

function readSmall(file: string): string {
  return statSync(file).size > LIMITS.text ? "" : readFileSync(file, "utf8");
}

const digest = (bytes: Buffer): string =>
  createHash("sha256").update(bytes).digest("hex").slice(0, 16);
