import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from "node:fs";
import { join, relative } from "node:path";
import { cache } from "./paths.ts";
import { step } from "./step.ts";

/** Versions of one artefact that the cache keeps. */
const KEPT = 4;

function* filesOf(path: string): Generator<string> {
  if (statSync(path).isFile()) {
    yield path;
    return;
  }
  for (const entry of readdirSync(path).sort()) {
    if (
      entry === "node_modules" ||
      entry === "dist" ||
      entry === "test" ||
      entry.startsWith(".output") ||
      entry === ".turbo"
    )
      continue;
    yield* filesOf(join(path, entry));
  }
}

/** sha256 over names and contents of files and folders, first 16 hex digits. */
export function digestOf(base: string, inputs: string[], salt = ""): string {
  const hash = createHash("sha256").update(salt);
  for (const input of inputs) {
    for (const file of filesOf(join(base, input)))
      hash.update(relative(base, file)).update("\0").update(readFileSync(file)).update("\0");
  }
  return hash.digest("hex").slice(0, 16);
}

/**
 * A built file or folder in the cache, named by the digest of what it is made from.
 * Built beside its place and renamed, so an interrupted build leaves nothing half-made.
 */
export async function artefact(
  kind: string,
  digest: string,
  build: (out: string) => Promise<unknown>,
): Promise<string> {
  const folder = join(cache, kind);
  const place = join(folder, digest);
  if (!existsSync(place)) {
    mkdirSync(folder, { recursive: true });
    const fresh = join(folder, `.${digest}-${process.pid}`);
    rmSync(fresh, { recursive: true, force: true });
    await step(`building ${kind}`, () => build(fresh));
    if (!existsSync(place)) renameSync(fresh, place);
    else rmSync(fresh, { recursive: true, force: true });
  }
  utimesSync(place, new Date(), new Date());
  prune(folder);
  return place;
}

/** Keeps the newest versions of an artefact, and drops what an interrupted build left a day ago. */
function prune(folder: string): void {
  const entries = readdirSync(folder).map((name) => ({
    name,
    at: statSync(join(folder, name)).mtimeMs,
  }));
  const finished = entries
    .filter((entry) => !entry.name.startsWith("."))
    .sort((a, b) => b.at - a.at);
  const stale = entries.filter(
    (entry) => entry.name.startsWith(".") && Date.now() - entry.at > 86_400_000,
  );
  // A version younger than a day may be in use by another clone.
  for (const { name } of [
    ...finished.slice(KEPT).filter((entry) => Date.now() - entry.at > 86_400_000),
    ...stale,
  ])
    rmSync(join(folder, name), { recursive: true, force: true });
}
