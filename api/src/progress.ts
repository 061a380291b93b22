import type { Part } from "@agon/content/model";
import { embedsOf, type Entry } from "./entry.ts";
import type { Library } from "./library.ts";
import type { TallyDoc } from "./models/store.ts";

export interface Progress {
  done: number;
  total: number;
}
export type Status = "todo" | "attempted" | "solved";

/** Skill paths in skill paths, at most; deeper ones count as open. */
const DEPTH = 5;

/** A name as a field of a document: parts may be called anything. */
export const tallyKey = (name: string): string =>
  name.replaceAll(/[.$%]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`);

/** The key under which a reader's mark of an entry, or of a part of one, is kept. */
export const markKey = (entry: Entry, path: string): string =>
  tallyKey(path ? `${entry.id}/${path}` : entry.id);

/** What a user has done of the content, by the rules of spec 2.2. Everything follows from solves and marks. */
export class Progresses {
  readonly #library: Library;
  readonly #tally: TallyDoc | null;

  constructor(library: Library, tally: TallyDoc | null) {
    this.#library = library;
    this.#tally = tally;
  }

  #marked(key: string): boolean {
    return this.#tally?.marks?.[key] !== undefined;
  }
  #solved(challenge: string): boolean {
    return this.#tally?.solves?.[challenge] !== undefined;
  }
  #attempted(key: string): boolean {
    return this.#tally?.attempted?.[key] === true;
  }

  /** Whether a reader marks it complete: a tutorial with a playground, or a part that nothing else completes. */
  markable(entry: Entry, path: string): boolean {
    if (!path) return entry.kind === "tutorial" && entry.playground !== null;
    const part = this.#units(entry).find((one) => one.path === path);
    return part !== undefined && this.#linked(entry, part).length === 0;
  }

  /** What has to be done of a course or skill path, one by one. */
  #units(entry: Entry): Part[] {
    if (entry.kind === "skill-path") return entry.parts;
    if (entry.kind !== "course") return [];
    return entry.parts.flatMap((part) => (part.kind === "module" ? part.parts : [part]));
  }

  /** Content that completes a part: of a lesson its challenges, of a unit whatever it embeds. */
  #linked(entry: Entry, part: Part) {
    const embeds = embedsOf(part);
    return entry.kind === "course" ? embeds.filter((one) => one.kind === "challenge") : embeds;
  }

  partDone(entry: Entry, part: Part, depth = 0): boolean {
    const linked = this.#linked(entry, part);
    if (linked.length === 0) return this.#marked(markKey(entry, part.path));
    return linked.every((one) => {
      const target = this.#library.find(one.kind, one.name);
      // What is not installed can't be done: it would be open for ever.
      return target !== undefined && depth < DEPTH && this.status(target, depth + 1) === "solved";
    });
  }

  /** Of a course or skill path; null of what has no parts to complete. */
  of(entry: Entry, depth = 0): Progress | null {
    const units = this.#units(entry);
    if (units.length === 0) return null;
    return {
      done: units.filter((part) => this.partDone(entry, part, depth)).length,
      total: units.length,
    };
  }

  status(entry: Entry, depth = 0): Status {
    if (entry.kind === "challenge") {
      if (this.#solved(entry.name)) return "solved";
      return this.#attempted(entry.name) ? "attempted" : "todo";
    }
    if (this.#marked(markKey(entry, ""))) return "solved";
    const progress = this.of(entry, depth);
    if (progress && progress.done === progress.total) return "solved";
    return progress?.done || this.#attempted(tallyKey(entry.id)) ? "attempted" : "todo";
  }
}
