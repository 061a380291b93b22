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
// By its path: this runs before the packages of npm are there.
import { lackingBytes } from "../../packages/daemon/src/disk-room.ts";
import { cache } from "./paths.ts";
import { must } from "./run.ts";
import { step } from "./step.ts";

/** Versions of one artefact that the cache keeps. */
const KEPT = 4;
const DAY = 86_400_000;
/** Milliseconds since its last use in which nothing is removed, however full the disk is. */
const LATELY = 3 * 3_600_000;
/** Kinds of artefacts, of all that lies in the cache. */
const ARTEFACT =
  /^(docstore|examiner|arena|image-.+|microvm-(kernel|disk)-.+|microvm-(drive|tools)|gvisor-tools)$/;

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
    // Its name says what it is: after a power loss it is whole, or not there.
    await must("sync", ["-f", fresh]);
    if (!existsSync(place)) renameSync(fresh, place);
    else rmSync(fresh, { recursive: true, force: true });
  }
  utimesSync(place, new Date(), new Date());
  prune(folder);
  return place;
}

/**
 * Keeps the newest versions of an artefact, and drops what an interrupted build left a day ago.
 * @param kept finished versions that stay in any case.
 * @param stays milliseconds in which a version may be in use by another clone, or an arena that runs (see {@link touch}).
 */
function prune(folder: string, kept = KEPT, stays = DAY): void {
  const entries = readdirSync(folder).map((name) => ({
    name,
    at: statSync(join(folder, name)).mtimeMs,
  }));
  const finished = entries
    .filter((entry) => !entry.name.startsWith("."))
    .sort((a, b) => b.at - a.at);
  const stale = entries.filter(
    (entry) => entry.name.startsWith(".") && Date.now() - entry.at > DAY,
  );
  for (const { name } of [
    ...finished.slice(kept).filter((entry) => Date.now() - entry.at > stays),
    ...stale,
  ])
    rmSync(join(folder, name), { recursive: true, force: true });
}

/**
 * Frees room on a nearly full disk: of each artefact only the newest version stays, and what was used
 * in the last hours. What hostd keeps there it frees by itself.
 */
export function freeRoom(): void {
  if (!existsSync(cache) || lackingBytes(cache) === 0) return;
  for (const kind of readdirSync(cache)) {
    const folder = join(cache, kind);
    if (ARTEFACT.test(kind)) prune(folder, 1, LATELY);
  }
}

/** Marks artefacts as used that a running arena's plan names, so that no other clone's set-up takes them away. */
export function touch(plan: string): void {
  const places = new Set(
    [...plan.matchAll(/[^"\\:\s]+/g)].flatMap(([path]) => {
      if (!path.startsWith(`${cache}/`)) return [];
      const [kind, digest] = path.slice(cache.length + 1).split("/");
      return kind && digest && ARTEFACT.test(kind) ? [join(cache, kind, digest)] : [];
    }),
  );
  for (const at of places) if (existsSync(at)) utimesSync(at, new Date(), new Date());
}
