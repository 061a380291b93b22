import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { shortHash } from "../names.ts";

/** What stands on a folder of a shared cache: a file for each user, which names the user's folder. */
const MARK = "used-by-";

/** Keeps a folder of a cache as long as another folder is there, of whatever host of this computer. */
export function markUsed(folder: string, user: string): void {
  const name = `${MARK}${shortHash(user)}`;
  // Whole at once: who looks at that moment takes one that names nothing for one that is gone.
  writeFileSync(join(folder, `.${name}`), user);
  renameSync(join(folder, `.${name}`), join(folder, name));
}

/** Whether a folder of this computer stands on one of a cache; forgets those that are gone. */
export function isUsed(folder: string): boolean {
  try {
    const marks = readdirSync(folder).filter((name) => name.startsWith(MARK));
    const there = marks.filter((name) => {
      const file = join(folder, name);
      if (existsSync(readFileSync(file, "utf8"))) return true;
      rmSync(file, { force: true });
      return false;
    });
    return there.length > 0;
  } catch (error) {
    // Another host of this computer removes it at this moment.
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return true;
    throw error;
  }
}
