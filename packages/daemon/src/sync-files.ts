// Only built-in modules, since the front door uses this before npm packages are installed.
import { closeSync, fsyncSync, openSync, readdirSync } from "node:fs";
import { join } from "node:path";

/**
 * Brings the files of a small folder to the disk: those that another program wrote, before something
 * names them. After a power loss they would be empty otherwise.
 */
export function syncFiles(folder: string): void {
  for (const path of [...readdirSync(folder).map((name) => join(folder, name)), folder]) {
    const file = openSync(path, "r");
    try {
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  }
}
