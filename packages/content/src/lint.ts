import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { bashFaults, type ScriptFault } from "./bash.ts";
import { filesOnDisk, type Files } from "./files.ts";
import { readItem } from "./item.ts";
import { KINDS, PLURALS, type Kind } from "./kinds.ts";
import { afterBases, manifestNames, manifestOf, readPlayground } from "./manifest.ts";
import type { Playground, Problem } from "./model.ts";
import { INDEX } from "./parts.ts";
import { Source } from "./source.ts";
import { asMap, asText } from "./value.ts";
import { REFERENCE } from "./vars.ts";

/** A folder that holds one item. */
export interface Found {
  folder: string;
  kind: Kind | undefined;
}

const STANDALONE = new Set<string>(KINDS);
/** Folders looked through for items. */
const MAX_DEPTH = 4;

/** The kind that a folder's own files say, or undefined when it is no item. */
function kindIn(folder: string): Kind | undefined {
  if (existsSync(join(folder, "manifest.yaml")) || existsSync(join(folder, "manifest.yml")))
    return "playground";
  const index = readdirSync(folder).find((name) => INDEX.test(name));
  if (!index) return undefined;
  // The head is enough: the loader reads and judges the rest.
  const head = readFileSync(join(folder, index)).subarray(0, 20_000).toString("utf8");
  const kind = /^kind:[ \t]*["']?([a-z-]+)/m.exec(head)?.[1];
  if (kind !== undefined && !STANDALONE.has(kind)) return undefined;
  return (kind as Kind | undefined) ?? kindOfParent(folder);
}

function kindOfParent(folder: string): Kind | undefined {
  return KINDS.find((kind) => PLURALS[kind] === basename(dirname(folder)));
}

/** Items at a path: itself, the one that it is part of, or those below it. */
export function findItems(path: string): Found[] {
  const start = statSync(path).isDirectory() ? resolve(path) : dirname(resolve(path));
  for (let folder = start, up = 0; up < 4; folder = dirname(folder), up++) {
    const kind = kindIn(folder);
    if (kind) return [{ folder, kind }];
    if (dirname(folder) === folder) break;
  }
  const found: Found[] = [];
  const walk = (folder: string, depth: number) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (!entry.isDirectory() || entry.name.startsWith(".") || entry.name === "node_modules")
        continue;
      const inner = join(folder, entry.name);
      const kind = kindIn(inner);
      if (kind) found.push({ folder: inner, kind });
      else if (kindOfParent(inner) && basename(folder) !== "__static__")
        found.push({ folder: inner, kind: kindOfParent(inner) });
      else if (depth < MAX_DEPTH) walk(inner, depth + 1);
    }
  };
  walk(start, 1);
  return found.sort((a, b) => (a.folder < b.folder ? -1 : 1));
}

/** A script, what it is called, and how its lines are told. */
interface Script {
  script: string;
  called: string;
  at: (line: number) => Omit<Problem, "message">;
}

/** A fault of a script as a problem. What bash misses at the end is told at the last line that says something. */
function scriptProblem({ script, called, at }: Script, { line, message }: ScriptFault): Problem {
  const last = script.trimEnd().split("\n").length;
  return { ...at(Math.min(line, last)), message: `bash cannot read ${called}: ${message}` };
}

/** Every script of an item, with where it is written. */
function* scriptsOf(files: Files): Generator<Script> {
  const problem = (file: string, line: number, excerpt: string): Omit<Problem, "message"> => ({
    file,
    line,
    column: 1,
    severity: "error",
    code: "AG070",
    fix: "run bash -n on it; look for a quote, fi, done or here-document that is never closed",
    excerpt: excerpt.slice(0, 200),
  });
  for (const path of files.paths) {
    if (/(^|\/)\.(solution|wrong)(-\d+)?\.sh$/.test(path)) {
      const script = files.read(path).toString("utf8");
      yield {
        script,
        called: "it",
        at: (line) => problem(`${files.root}/${path}`, line, script.split("\n")[line - 1] ?? ""),
      };
      continue;
    }
    const manifest = path === manifestOf(files);
    if (!manifest && !path.endsWith(".md")) continue;
    const source = new Source(files, path, !manifest, true);
    const tasks: [string[], Record<string, unknown>][] = [
      [["tasks"], asMap(source.data["tasks"])],
      [["playground", "initTasks"], asMap(asMap(source.data["playground"])["initTasks"])],
      [["vars"], asMap(source.data["vars"])],
    ];
    for (const [base, map] of tasks)
      for (const [name, one] of Object.entries(map))
        for (const field of ["run", "failcheck", "hintcheck", "shell"]) {
          const script = asText(asMap(one)[field]);
          if (!script.trim()) continue;
          // Where a template stands, a quoted value comes: for bash it is a word.
          const expanded = script
            .replaceAll(REFERENCE, "x")
            .replaceAll(/(?<![A-Za-z0-9_$])x\(\.input\)/g, "x");
          const place = [...base, name, field];
          yield {
            script: expanded,
            called: `${field} of ${name}`,
            at: (line) => {
              const real = source.lineOf(place, line);
              return problem(source.file, real, script.split("\n")[line - 1] ?? "");
            },
          };
        }
  }
}

/** What bash says about the scripts of one item, in their order. */
export async function scriptProblems(files: Files, signal?: AbortSignal): Promise<Problem[]> {
  const scripts = [...scriptsOf(files)];
  const faults = await bashFaults(
    scripts.map(({ script }) => script),
    signal,
  );
  return scripts.flatMap((one) => {
    const fault = faults.get(one.script);
    return fault ? [scriptProblem(one, fault)] : [];
  });
}

/**
 * Everything that is wrong with the items of these folders: what the loader says, and what bash says
 * about their scripts. In the order of files and lines.
 */
export async function lintItems(
  items: readonly Found[],
  bases: Map<string, Playground>,
  signal?: AbortSignal,
): Promise<Problem[]> {
  const problems: Problem[] = [];
  const scripts: Script[] = [];
  const own = new Map(bases);
  const found = items.map(({ folder, kind }) => ({ folder, kind, files: filesOnDisk(folder) }));
  // Playgrounds first, each after its base: challenges beside them may be made of them.
  const grounds = found.filter(({ kind }) => kind === "playground");
  for (const { files } of afterBases(
    grounds.map(({ files: of }) => ({ ...manifestNames(of), files: of })),
  )) {
    const playground = readPlayground(files, problems, own);
    if (playground) own.set(playground.name, playground);
    scripts.push(...scriptsOf(files));
  }
  for (const { folder, kind, files } of found) {
    if (kind === "playground") continue;
    readItem(files, basename(folder), kind, own, problems);
    scripts.push(...scriptsOf(files));
  }
  const faults = await bashFaults(
    scripts.map(({ script }) => script),
    signal,
  );
  for (const one of scripts) {
    const fault = faults.get(one.script);
    if (fault) problems.push(scriptProblem(one, fault));
  }
  return problems.sort(
    (a, b) =>
      (a.file < b.file ? -1 : a.file > b.file ? 1 : 0) || a.line - b.line || a.column - b.column,
  );
}
