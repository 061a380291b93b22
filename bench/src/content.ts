/**
 * ./agon bench content [--json]: how long hostile content keeps a loader busy.
 *
 * A sample, in ms, is one load of a folder with one challenge, as `./agon content lint` loads it, from the
 * files to all of its problems, in a folder of its own: a loader keeps what it knows of one. Every one
 * must tell a problem, or the run fails. `shipped` loads all challenges that the arena ships, and is the
 * baseline. The aim is one second for each hostile one.
 */
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { loadCatalogue } from "@agon/content/load";
import { measure, percentile } from "./measure.ts";
import { measuresJson, measuresTable } from "./report.ts";

const SAMPLES = 15;
/** Milliseconds that a hostile folder may take. */
const AIM = 1_000;

const { values } = parseArgs({ options: { json: { type: "boolean" } } });
const root = process.env["AGON_ROOT"] ?? "";
if (!root) throw new Error("This is started by ./agon bench content");
const playgrounds = join(root, "playgrounds");

const HEAD =
  "---\nkind: challenge\ntitle: Hostile\ndescription: Made to be slow.\ncategories: [linux]\ndifficulty: easy\ncreatedAt: 2026-11-28\nplayground: debian-stable\n";
const times = (count: number, one: (n: number) => string) =>
  Array.from({ length: count }, (_, n) => one(n)).join("");

/** By its measure's name: the text of index.md. */
const hostile: Record<string, string> = {
  "tasks-10000": `${HEAD}tasks:\n${times(10_000, (n) => `  t${n}: { needs: [gone${n}] }\n`)}---\n`,
  "needs-10000": `${HEAD}tasks:\n  a: { run: echo, needs: [${times(10_000, (n) => `g${n}, `)}z] }\n---\n`,
  "body-10mb": `${HEAD}---\n${"word ".repeat(2_000_000)}`,
  "alias-bomb": `${HEAD}a0: &a0 [${"x, ".repeat(9)}]\n${times(11, (n) => `a${n + 1}: &a${n + 1} [${`*a${n}, `.repeat(9)}]\n`)}---\n`,
  "nesting-200000": `${HEAD}a: ${"[".repeat(200_000)}\n---\n`,
};

/** Milliseconds of one load. @throws Error unless it tells at least this many problems. */
async function load(folder: string, least: number): Promise<number> {
  const from = performance.now();
  const { problems } = await loadCatalogue(folder, playgrounds);
  const took = performance.now() - from;
  if (problems.length < least) throw new Error(`${folder}: no problem was told`);
  return took;
}

/** @param fill puts the content into a folder that is new. */
async function samples(fill: (folder: string) => void, least: number): Promise<number[]> {
  const all: number[] = [];
  // The first one also loads code.
  for (let n = 0; n <= SAMPLES; n++) {
    const folder = mkdtempSync(join(tmpdir(), "agon-bench-content-"));
    try {
      fill(folder);
      const took = await load(folder, least);
      if (n > 0) all.push(took);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  return all;
}

const shipped = await samples(
  (folder) => cpSync(join(root, "challenges"), folder, { recursive: true }),
  0,
);
const baseline = { name: "shipped", p50: percentile(shipped, 50) };
const measures = [measure("shipped", "ms", shipped, baseline)];
for (const [name, text] of Object.entries(hostile)) {
  const fill = (folder: string) => {
    mkdirSync(join(folder, "hostile"));
    writeFileSync(join(folder, "hostile/index.md"), text);
  };
  measures.push(measure(name, "ms", await samples(fill, 1), baseline));
}
const aims = Object.keys(hostile).map((name) => ({ name, p50: AIM, p99: AIM }));
console.log(values.json ? measuresJson(measures) : measuresTable(measures, aims));
