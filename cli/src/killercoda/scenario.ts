import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { basename, join, relative, sep } from "node:path";
import { Fault } from "../fault.ts";

/** Bytes of one text or script of a scenario. */
const MAX_TEXT = 1_000_000;
const MAX_DEPTH = 5;
const MAX_SCENARIOS = 500;

/** Something that was taken over in another form, or not at all. */
export interface Note {
  /** File of the scenario, relative to it. */
  file: string;
  /** `changed` = it works in another way here; `dropped` = it is not there. */
  kind: "changed" | "dropped";
  message: string;
}

/** A scenario folder as it lies there. */
export interface Scenario {
  folder: string;
  name: string;
  index: Record<string, unknown>;
  /** Paths that something names; the others are told. */
  used: Set<string>;
}

/** Scenario folders at or below a path, in the order that `structure.json` gives. */
export function findScenarios(path: string): string[] {
  const found: string[] = [];
  const walk = (folder: string, depth: number): void => {
    if (found.length >= MAX_SCENARIOS) return;
    if (existsSync(join(folder, "index.json"))) {
      found.push(folder);
      return;
    }
    if (depth > MAX_DEPTH) return;
    const names = readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
      .map((entry) => entry.name)
      .sort();
    for (const name of new Set([...listed(folder).filter((one) => names.includes(one)), ...names]))
      walk(join(folder, name), depth + 1);
  };
  walk(path, 0);
  return found;
}

/** Paths that a `structure.json` lists. */
function listed(folder: string): string[] {
  const file = join(folder, "structure.json");
  if (!existsSync(file)) return [];
  try {
    const { items } = JSON.parse(readFileSync(file, "utf8")) as { items?: { path?: unknown }[] };
    return (items ?? []).flatMap(({ path }) => (typeof path === "string" ? [path] : []));
  } catch {
    return [];
  }
}

export function readScenario(folder: string): Scenario {
  let index: unknown;
  try {
    index = JSON.parse(readFileSync(join(folder, "index.json"), "utf8"));
  } catch (error) {
    throw new Fault(`${join(folder, "index.json")} is no JSON: ${(error as Error).message}`);
  }
  if (typeof index !== "object" || index === null || Array.isArray(index))
    throw new Fault(`${join(folder, "index.json")} is no map`);
  const name = basename(folder)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "");
  return {
    folder,
    name: name || "scenario",
    index: index as Record<string, unknown>,
    used: new Set(["index.json"]),
  };
}

/** A file that the scenario names; null, and a note, when it is not there or leads elsewhere. */
export function readNamed(scenario: Scenario, path: unknown, notes: Note[]): Buffer | null {
  if (typeof path !== "string" || path === "") return null;
  const file = join(scenario.folder, path);
  const clean = relative(scenario.folder, file);
  try {
    const real = realpathSync(file);
    if (!real.startsWith(realpathSync(scenario.folder) + sep))
      throw new Error("it leads elsewhere");
    if (statSync(real).size > MAX_TEXT) throw new Error(`it is larger than ${MAX_TEXT} bytes`);
    scenario.used.add(clean);
    return readFileSync(real);
  } catch (error) {
    const reason =
      (error as NodeJS.ErrnoException).code === "ENOENT"
        ? "it is not there"
        : (error as Error).message;
    notes.push({
      file: path,
      kind: "dropped",
      message: `it is named and could not be read: ${reason}`,
    });
    return null;
  }
}

/** Every file of the scenario, relative to it. */
export function filesOf(scenario: Scenario): string[] {
  const out: string[] = [];
  const walk = (folder: string, depth: number): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.name.startsWith(".git")) continue;
      const path = join(folder, entry.name);
      if (entry.isDirectory() && depth < MAX_DEPTH) walk(path, depth + 1);
      else if (entry.isFile()) out.push(relative(scenario.folder, path));
    }
  };
  walk(scenario.folder, 0);
  return out.sort();
}
