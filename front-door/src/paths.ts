import { mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** The clone's folder. */
export const root = resolve(import.meta.dirname, "../..");
/** Built artefacts, content-addressed and shared by clones. */
export const cache = process.env["AGON_CACHE"] ?? join(homedir(), ".cache/agon");

/** Where one arena keeps its data: `.agon`, or AGON_DIR (the tests use `.agon/test`). */
export interface Place {
  dir: string;
  logs: string;
  run: string;
  portBase: number;
}

/** The folders of an arena, made when missing. */
export function place(
  dir = resolve(process.env["AGON_DIR"] ?? join(root, ".agon")),
  portBase = Number(process.env["AGON_PORT"] ?? 3000),
): Place {
  const it = { dir, logs: join(dir, "logs"), run: join(dir, "run"), portBase };
  for (const folder of [it.dir, it.logs, it.run]) mkdirSync(folder, { recursive: true });
  return it;
}
