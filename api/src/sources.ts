import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { HostRegistry } from "./host-registry.ts";

/** What a machine's root drive may name as its source. */
export interface Source {
  name: string;
  title: string;
  /** Backends on which it can be used now; empty = no host offers it. */
  backends: string[];
  /** Kernels that its microVMs may ask for, the default first. */
  kernels: string[];
  /** What makes it usable, where no host offers it. */
  help: string;
}

/** Kinds of machine that recipes are for, and their titles, from the recipes' folder. */
async function recipes(folder: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const name of (await readdir(folder).catch((): string[] => [])).sort()) {
    const files = await readdir(join(folder, name, "image")).catch((): string[] => []);
    if (!files.includes("build.sh")) continue;
    const text = files.includes("recipe.json")
      ? await readFile(join(folder, name, "image/recipe.json"), "utf8")
      : "{}";
    const { title } = JSON.parse(text) as { title?: string };
    found.set(name, title ?? name);
  }
  return found;
}

/** All image sources: recipes of this arena, what its hosts offer besides, and registries. */
export async function imageSources(registry: HostRegistry, folder: string): Promise<Source[]> {
  const titles = await recipes(folder);
  const backends = new Map<string, Set<string>>();
  const kernels = new Set<string>();
  const all = new Set<string>();
  for (const link of registry.links.values()) {
    const told = await link.sources().catch(() => null);
    for (const kernel of told?.kernels ?? []) kernels.add(kernel);
    for (const { name, backends: own } of told?.sources ?? []) {
      const known = backends.get(name) ?? new Set();
      for (const backend of own) {
        all.add(backend);
        known.add(backend);
      }
      backends.set(name, known);
    }
  }
  const source = (name: string, title: string, own: Set<string>, help: string): Source => ({
    name,
    title,
    backends: [...own].sort(),
    kernels: own.has("microvm") ? [...kernels] : [],
    help,
  });
  const names = [...new Set([...titles.keys(), ...backends.keys()])].sort();
  return [
    ...names.map((name) => {
      const own = backends.get(name) ?? new Set<string>();
      const help = own.size ? "" : `An operator builds it: ./agon images build ${name}`;
      return source(name, titles.get(name) ?? name, own, help);
    }),
    source(
      "oci://REGISTRY/REPOSITORY:TAG",
      "An image of a registry, for linux/amd64 and with systemd",
      all,
      "With @sha256:… behind it, exactly that one.",
    ),
  ];
}
