import { existsSync } from "node:fs";
import { join, relative } from "node:path";
import { parseArgs } from "node:util";
import { applyFixes } from "@agon/content/fix";
import { findItems, lintItems, type Found } from "@agon/content/lint";
import type { Playground, Problem } from "@agon/content/model";
import { showProblem } from "@agon/content/show-problem";
import { Fault } from "../fault.ts";
import { arenaRoot, basesFor } from "./root.ts";

/** Times that fixes are applied: one may bring another problem to light. */
const ROUNDS = 5;

/** `agon content lint`: exit 1 when there is an error, 0 with warnings only. */
export async function lint(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { json: { type: "boolean" }, fix: { type: "boolean" } },
  });
  const paths = positionals.length
    ? positionals
    : ["challenges", "content", "playgrounds"]
        .map((name) => join(arenaRoot, name))
        .filter((path) => existsSync(path));
  const items: Found[] = [];
  const bases = new Map<string, Playground>();
  for (const path of paths) {
    if (!existsSync(path)) throw new Fault(`There is no ${path}.`);
    const found = findItems(path);
    if (found.length === 0)
      throw new Fault(
        `There is no content at ${path}: a folder of content has an index.md with kind, or a manifest.yaml.`,
      );
    items.push(...found.filter(({ folder }) => !items.some((one) => one.folder === folder)));
    for (const [name, playground] of await basesFor(path)) bases.set(name, playground);
  }
  let problems = await lintItems(items, bases);
  let fixed = 0;
  for (let round = 0; values.fix && round < ROUNDS; round++) {
    const count = applyFixes(problems);
    if (count === 0) break;
    fixed += count;
    problems = await lintItems(items, bases);
  }
  if (values.json) console.log(JSON.stringify({ problems: problems.map(plain) }));
  else report(items.length, problems, fixed);
  return problems.some(({ severity }) => severity === "error") ? 1 : 0;
}

/** What tools get of a problem. */
export function plain({ severity, code, file, line, column, message, fix }: Problem) {
  return { severity, code, file, line, column, message, fix };
}

function report(items: number, problems: Problem[], fixed: number): void {
  for (const problem of problems) {
    const short = relative(process.cwd(), problem.file);
    const file = short.startsWith("..") ? problem.file : short;
    console.log(`${showProblem(problem, file, process.stdout.isTTY === true)}\n`);
  }
  const errors = problems.filter(({ severity }) => severity === "error").length;
  const count = (number: number, word: string) => `${number} ${word}${number === 1 ? "" : "s"}`;
  console.log(
    `${count(items, "folder")}: ${count(errors, "error")}, ${count(problems.length - errors, "warning")}` +
      (fixed ? `; ${count(fixed, "problem")} put right` : "") +
      (problems.some(({ edit }) => edit) ? "; some can be put right with --fix" : "") +
      (problems.length ? "\nWhat a code means: docs/problems.md" : ""),
  );
}
