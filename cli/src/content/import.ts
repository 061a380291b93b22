import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { PLURALS } from "@agon/content/kinds";
import { lintItems } from "@agon/content/lint";
import type { Problem } from "@agon/content/model";
import { showProblem } from "@agon/content/show-problem";
import { Fault } from "../fault.ts";
import { convert, type Imported } from "../killercoda/convert.ts";
import { findScenarios, readScenario } from "../killercoda/scenario.ts";
import { plain } from "./lint.ts";
import { arenaRoot, basesFor } from "./root.ts";

/** One scenario's result. */
interface Result extends Pick<Imported, "name" | "kind" | "notes"> {
  from: string;
  folder: string;
  problems: Problem[];
}

/** Where an item goes: into `--dir`, else where content of its kind lies here. */
function folderOf(dir: string | undefined, { kind, name }: Imported): string {
  if (dir) return join(resolve(dir), name);
  const above = kind === "challenge" ? PLURALS.challenge : join("content", PLURALS[kind]);
  return join(arenaRoot, above, name);
}

/** `agon content import killercoda PATH`. Exit 1 when something that was made has errors. */
export async function importCommand(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { dir: { type: "string" }, json: { type: "boolean" } },
  });
  const [from, path] = positionals;
  if (from !== "killercoda" || !path)
    throw new Fault("agon content import killercoda PATH: a scenario's folder, or a tree of them");
  if (!existsSync(path)) throw new Fault(`There is no ${path}.`);
  const folders = findScenarios(resolve(path));
  if (folders.length === 0)
    throw new Fault(`There is no scenario at ${path}: its folder has an index.json.`);
  const made = folders.map((folder) => {
    const scenario = readScenario(folder);
    const imported = convert(scenario, new Date().toISOString().slice(0, 10));
    return { from: folder, imported };
  });
  // Two folders of a tree may have one name: their parents tell them apart.
  const times = Map.groupBy(made, ({ imported }) => imported.name);
  for (const twins of times.values())
    if (twins.length > 1)
      for (const { from: source, imported } of twins) {
        const above = basename(dirname(source)).toLowerCase();
        imported.name = `${above.replace(/[^a-z0-9]+/g, "-")}-${imported.name}`.replace(/^-+/, "");
      }
  for (const { imported } of made) {
    const folder = folderOf(values.dir, imported);
    if (existsSync(folder) && readdirSync(folder).length)
      throw new Fault(`${folder} exists already. Remove it first, or give another --dir.`);
  }
  const results: Result[] = [];
  for (const { from: source, imported } of made) {
    const folder = folderOf(values.dir, imported);
    for (const [file, { bytes, executable }] of imported.files) {
      const at = join(folder, file);
      mkdirSync(dirname(at), { recursive: true });
      writeFileSync(at, bytes);
      if (executable) chmodSync(at, 0o755);
    }
    const problems = await lintItems([{ folder, kind: imported.kind }], await basesFor(folder));
    const { name, kind, notes } = imported;
    results.push({ from: source, folder, name, kind, notes, problems });
  }
  if (values.json)
    console.log(
      JSON.stringify({
        imported: results.map(({ problems, ...one }) => ({
          ...one,
          problems: problems.map(plain),
        })),
      }),
    );
  else for (const result of results) report(result);
  return results.some(({ problems }) => problems.some(({ severity }) => severity === "error"))
    ? 1
    : 0;
}

function report({ from, folder, kind, notes, problems }: Result): void {
  const short = (file: string) => {
    const at = relative(process.cwd(), file);
    return at.startsWith("..") ? file : at;
  };
  console.log(`${short(from)} → ${short(folder)} (${kind})`);
  for (const group of ["dropped", "changed"] as const) {
    const list = notes.filter((note) => note.kind === group);
    if (list.length)
      console.log(group === "dropped" ? "  not taken over:" : "  works in another way:");
    for (const { file, message } of list) console.log(`    ${file}: ${message}`);
  }
  for (const problem of problems) console.log(showProblem(problem, short(problem.file)));
  console.log("");
}
