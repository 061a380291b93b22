import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { Fault } from "./fault.ts";
import { lives } from "./state.ts";

/**
 * Takes a lock file with this process's id in it; one of a process that is gone is taken over.
 * @returns what gives it back.
 * @throws Fault when a living process holds it.
 */
export function takeLock(file: string): () => void {
  for (let attempt = 0; ; attempt++) {
    try {
      writeFileSync(file, String(process.pid), { flag: "wx" });
      return () => rmSync(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST" || attempt > 3) throw error;
    }
    const holder = Number(readFileSync(file, "utf8")) || 0;
    if (holder !== process.pid && lives(holder))
      throw new Fault(`./agon up runs already in this clone (pid ${holder}). Wait until it ends.`);
    rmSync(file, { force: true });
  }
}
