import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The users that benches made in their arena: bench-1 to bench-<count>, with one password. */
export interface Roster {
  password: string;
  count: number;
}

/**
 * Reads the roster of an arena's folder and grows it to `wanted` users. All of them, not only those
 * wanted now, may have plays that an interrupted bench left.
 */
export function roster(dir: string, wanted: number): Roster {
  const file = join(dir, "bench-users.json");
  const known: Roster = existsSync(file)
    ? (JSON.parse(readFileSync(file, "utf8")) as Roster)
    : { password: randomBytes(18).toString("base64url"), count: 0 };
  const grown = { ...known, count: Math.max(known.count, wanted) };
  writeFileSync(file, JSON.stringify(grown), { mode: 0o600 });
  return grown;
}
