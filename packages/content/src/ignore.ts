/** One pattern of an ignore file, bound to the folder of that file. */
interface Rule {
  folder: string;
  /** Matches the base name, or the path relative to the folder. */
  whole: boolean;
  foldersOnly: boolean;
  glob: RegExp;
}

/** Patterns of one file; more are cut. */
const MAX_RULES = 1000;

/** A glob whose `*` and `?` stop at `/`; `[…]` are classes; there is no `**` and no `!` (spec 1.5). */
export function globToRegExp(glob: string): RegExp {
  let out = "";
  for (let at = 0; at < glob.length; at++) {
    const char = glob[at]!;
    if (char === "*") {
      // A run of stars means one: no pattern may make matching slow.
      while (glob[at + 1] === "*") at++;
      out += "[^/]*";
    } else if (char === "?") out += "[^/]";
    else if (char === "[") {
      const end = glob.indexOf("]", at + 2);
      if (end < 0) {
        out += "\\[";
        continue;
      }
      const inner = glob
        .slice(at + 1, end)
        .replace(/\\/g, "\\\\")
        .replace(/\[/g, "\\[");
      out += `(?!/)[${inner.replace(/^[!^]/, "^")}]`;
      at = end;
    } else if (char === "\\" && at + 1 < glob.length) out += escape(glob[++at]!);
    else out += escape(char);
  }
  try {
    return new RegExp(`^${out}$`);
  } catch {
    return /^(?!)/; // `[z-a]`: matches nothing, as in the origin's matcher.
  }
}

const escape = (char: string): string => char.replace(/[\\^$.*+?()[\]{}|/]/, "\\$&");

/** Rules of `.labctlignore` files; those of a parent folder keep applying below it. */
export class IgnoreRules {
  readonly #rules: readonly Rule[];

  constructor(rules: readonly Rule[] = []) {
    this.#rules = rules;
  }

  /** These rules and those of an ignore file in `folder` ("" = the root). */
  with(folder: string, text: string): IgnoreRules {
    const rules = text
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => line && !line.startsWith("#"))
      .slice(0, MAX_RULES)
      .map((line) => {
        const pattern = line.replace(/\/+$/, "");
        return {
          folder,
          whole: pattern.includes("/"),
          foldersOnly: line.endsWith("/"),
          glob: globToRegExp(pattern.replace(/^\//, "")),
        };
      });
    return new IgnoreRules([...this.#rules, ...rules]);
  }

  /** Whether a path relative to the root is left out. */
  ignores(path: string, isFolder: boolean): boolean {
    const name = path.slice(path.lastIndexOf("/") + 1);
    return this.#rules.some(({ folder, whole, foldersOnly, glob }) => {
      if (foldersOnly && !isFolder) return false;
      if (folder && !path.startsWith(`${folder}/`)) return false;
      return glob.test(whole ? path.slice(folder ? folder.length + 1 : 0) : name);
    });
  }
}

/** Entries that are never uploaded, whatever an ignore file says. */
export const neverUploaded = (name: string): boolean =>
  name.startsWith(".git") || name.endsWith("~") || name === IGNORE_FILE;

export const IGNORE_FILE = ".labctlignore";
