import { readdirSync, rmSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { lackingBytes } from "@agon/daemon/disk-room";
import type { Logger } from "@agon/daemon/log";
import { superfluous, type Cached } from "../cache-room.ts";
import { isUsed } from "./used-by.ts";

/**
 * Removes from a cache what interrupted attempts left (names with a dot), and the folders used longest
 * ago that nothing stands on: above the bound, and where the disk is nearly full.
 * @param bound.most bytes of all folders. @param bound.stays milliseconds from its last use in which
 * the bound takes nothing away. @param bound.partial milliseconds that an attempt may take.
 * @returns names of the folders that are gone.
 */
export function collectFolders(
  cache: string,
  bound: { most: number; stays: number; partial: number },
  log: Logger,
): string[] {
  const all: (Cached & { folder: string })[] = [];
  for (const entry of readdirSync(cache, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const folder = join(cache, entry.name);
    try {
      const usedAt = statSync(folder).mtimeMs;
      if (entry.name.startsWith(".")) {
        if (Date.now() - usedAt > bound.partial) rmSync(folder, { recursive: true, force: true });
        continue;
      }
      let bytes = 0;
      for (const file of readdirSync(folder)) bytes += statSync(join(folder, file)).blocks * 512;
      // Here for the marks of users that are gone, and again before it is removed: one may have come.
      isUsed(folder);
      all.push({ folder, bytes, usedAt, inUse: () => isUsed(folder) });
    } catch (error) {
      // Another host of this computer collects, too.
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }
  const lacking = lackingBytes(cache);
  return superfluous(all, { ...bound, lacking }).map(({ folder, bytes }) => {
    log.info({ folder, bytes, lacking }, "removed from a cache");
    rmSync(folder, { recursive: true, force: true });
    return basename(folder);
  });
}
