import { randomBytes } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { Place } from "./paths.ts";
import { freePort } from "./ports.ts";

/** What an arena keeps about itself between runs. */
export interface ArenaFile {
  id: string;
  secret: string;
  /** With which the host of this computer joins, once. */
  hostToken: string;
  ports: Record<string, number>;
}

const PORTS = [
  "gateway",
  "arena",
  "api-1",
  "api-2",
  "hostd-grpc",
  "hostd-terminal",
  "docstore",
  "redis",
] as const;

/** Writes a file so that a reader sees the old or the new text, never half of it, also after a power loss. */
export function writeWhole(file: string, text: string): void {
  const fresh = openSync(`${file}.fresh`, "w", 0o600);
  try {
    writeFileSync(fresh, text);
    fsyncSync(fresh);
  } finally {
    closeSync(fresh);
  }
  renameSync(`${file}.fresh`, file);
}

/** What is known of an arena that was made there; undefined = none was. */
export function readArenaFile(place: Place): ArenaFile | undefined {
  const file = join(place.dir, "arena.json");
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as ArenaFile) : undefined;
}

/** Reads the arena's file, or makes it; chooses ports anew when `running` is false. */
export async function arenaFile(place: Place, running: boolean): Promise<ArenaFile> {
  const known = readArenaFile(place);
  if (known && running) return known;
  const taken = new Set<number>();
  const ports: Record<string, number> = {};
  for (const [index, name] of PORTS.entries()) {
    ports[name] = await freePort(
      name,
      index === 0 ? place.portBase : place.portBase + 100 + index,
      taken,
    );
  }
  const made = {
    id: known?.id ?? randomBytes(3).toString("hex"),
    // A host that lost its folder joins anew.
    hostToken:
      known?.hostToken && existsSync(join(place.dir, "hostd/pki/joined.json"))
        ? known.hostToken
        : randomBytes(24).toString("base64url"),
    secret: known?.secret ?? randomBytes(32).toString("hex"),
    ports,
  };
  writeWhole(join(place.dir, "arena.json"), JSON.stringify(made, null, 2));
  return made;
}
