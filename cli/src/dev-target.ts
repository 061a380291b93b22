import { existsSync, readdirSync, statSync } from "node:fs";
import { basename, dirname, relative, resolve } from "node:path";
import { filesOnDisk } from "@agon/content/files";
import { isArticleKind, type ArticleKind } from "@agon/content/kinds";
import { findItems } from "@agon/content/lint";
import type { Part } from "@agon/content/model";
import { INDEX, indexOf, readParts } from "@agon/content/parts";
import { Source } from "@agon/content/source";
import { ArenaError } from "./arena.ts";

/** What of a folder a loop is made of. */
export interface DevTarget {
  /** Of the whole item: a lesson is a part of its course. */
  folder: string;
  kind: ArticleKind;
  /** What its author calls it: `lesson`. */
  word: string;
  /** Path of a part in its item, as in addresses; empty = the item itself. */
  part: string;
  /** Its name among the author's drafts. */
  name: string;
  /** It has a playground: there is something to start. */
  machines: boolean;
  /** Folders of its parts that have one. */
  lessons: string[];
}

/** Finds what a path means: an item, or the lesson or unit of one. @throws ArenaError with what else to do. */
export function devTarget(path: string): DevTarget {
  const at = resolve(path);
  const start = existsSync(at) && !statSync(at).isDirectory() ? dirname(at) : at;
  const refused = () => new ArenaError(`${path} holds no index.md`, "BAD_INPUT", whatElse(start));
  if (!existsSync(start)) throw refused();
  const [found, ...others] = findItems(start);
  if (!found || others.length || !found.kind || !isArticleKind(found.kind)) throw refused();
  const { folder, kind } = found;
  // Below a folder of several things there may be one: it is not what was named.
  if (relative(folder, start).startsWith("..")) throw refused();
  const files = filesOnDisk(folder);
  const parts = flat(readParts(files, kind, new Map(), []).parts);
  const wanted = relative(folder, at);
  const chain = parts.filter((part) => isWithin(part, wanted));
  // A unit without machines of its own is played in its lesson.
  const part = chain.findLast(hasMachines) ?? chain.findLast(({ kind: of }) => of !== "unit");
  const index = indexOf(files, "");
  const own = index !== undefined && new Source(files, index, true).data["playground"];
  const bare = basename(folder).toLowerCase();
  return {
    folder,
    kind,
    word: part?.kind ?? kind,
    part: part?.path ?? "",
    name: part ? `${bare}-${part.path}`.replaceAll(/[^a-z0-9-]/g, "-").slice(0, 64) : bare,
    machines: part ? hasMachines(part) : Boolean(own),
    lessons: parts
      .filter((one) => hasMachines(one) && (!part || one.path.startsWith(`${part.path}/`)))
      .map((one) => dirname(one.file)),
  };
}

const hasMachines = (part: Part): boolean => Boolean(part.meta["playground"]);

function flat(parts: readonly Part[]): Part[] {
  return parts.flatMap((part) => [part, ...flat(part.parts)]);
}

/** Whether a path is that of a part's file, or lies in the folder of its index. */
function isWithin(part: Part, path: string): boolean {
  if (part.file === path) return true;
  const folder = dirname(part.file);
  return (
    INDEX.test(basename(part.file)) &&
    folder !== "." &&
    (path === folder || path.startsWith(`${folder}/`))
  );
}

/** What to do with a folder that no loop can be made of. */
function whatElse(folder: string): string {
  const names = existsSync(folder) ? readdirSync(folder) : [];
  if (names.some((name) => /^manifest\.ya?ml$/.test(name)))
    return "A playground is stored and started: ./agon content push playground NAME, ./agon playground start NAME";
  if (names.some((name) => INDEX.test(name)))
    return "A part of a course is read with it: name it below the folder of its course";
  return "Name the folder of one challenge, tutorial or lesson, or make one: ./agon content new challenge NAME";
}
