import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { loadCatalogue } from "@agon/content/load";
import type { Playground } from "@agon/content/model";

/** The repository of this arena: its playgrounds are what content is made of. */
export const arenaRoot = resolve(import.meta.dirname, "../../..");

/** Playgrounds that content at a path may name: the arena's, and those of a `playgrounds/` folder above it. */
export async function basesFor(path: string): Promise<Map<string, Playground>> {
  const roots = new Set([join(arenaRoot, "playgrounds")]);
  for (let folder = resolve(path), up = 0; up < 5; folder = dirname(folder), up++)
    if (existsSync(join(folder, "playgrounds"))) roots.add(join(folder, "playgrounds"));
  const bases = new Map<string, Playground>();
  for (const root of roots)
    for (const [name, playground] of (await loadCatalogue("", root)).playgrounds)
      bases.set(name, playground);
  return bases;
}
