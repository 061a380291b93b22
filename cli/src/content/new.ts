import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { CATEGORIES, DIFFICULTIES } from "@agon/content/front-matter";
import { PLURALS, type Kind } from "@agon/content/kinds";
import { lintItems } from "@agon/content/lint";
import type { Playground } from "@agon/content/model";
import { NAME } from "@agon/content/names";
import { showProblem } from "@agon/content/show-problem";
import { ask, canAsk } from "../ask.ts";
import { Fault } from "../fault.ts";
import { howToGet, missingImages } from "./arena-images.ts";
import { arenaRoot, basesFor } from "./root.ts";
import { writeSchemas } from "./schema.ts";
import { TEMPLATES } from "./templates.ts";

function titleOf(name: string): string {
  const words = name.replaceAll("-", " ");
  const title = words.charAt(0).toUpperCase() + words.slice(1);
  return title.length < 10 ? `${title}: a new one` : title;
}

function folderFor(kind: string, name: string): string {
  const plural = PLURALS[kind as Kind];
  const above = kind === "challenge" || kind === "playground" ? plural : join("content", plural);
  return join(arenaRoot, above, name);
}

const oneOf = (known: readonly string[]) => (answer: string) =>
  known.includes(answer) ? undefined : `Not "${answer}": one of ${known.join(", ")}.`;

/** Those that start here, then those whose images somebody has to build before. */
function playgroundsToAsk(here: Playground[], usable: Playground[]): string {
  const others = usable.filter((one) => !here.includes(one));
  const names = (some: Playground[]) => some.map(({ name }) => name).join(", ");
  return `${names(here)}${others.length ? `; not in this arena yet: ${names(others)}` : ""}`;
}

/** `agon content new KIND NAME`: asks on a terminal, else flags and defaults count. */
export async function newContent(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      title: { type: "string" },
      description: { type: "string" },
      category: { type: "string" },
      difficulty: { type: "string" },
      playground: { type: "string" },
      dir: { type: "string" },
      yes: { type: "boolean" },
    },
  });
  const [kind = "", name = ""] = positionals;
  const template = Object.hasOwn(TEMPLATES, kind) ? TEMPLATES[kind] : undefined;
  if (!template || !name)
    throw new Fault(
      `agon content new KIND NAME, with KIND one of ${Object.keys(TEMPLATES).join(", ")}`,
    );
  if (!NAME.test(name))
    throw new Fault(`"${name}" is no name: use lowercase letters, digits and -.`);
  const folder = values.dir ? resolve(values.dir) : folderFor(kind, name);
  if (existsSync(folder) && readdirSync(folder).length)
    throw new Fault(`${folder} exists already. Choose another name, or remove it first.`);
  const bases = await basesFor(dirname(folder));
  const usable = [...bases.values()].filter(({ machines }) => machines.length);
  const here = usable.filter((one) => missingImages(one).length === 0);
  const defaults = {
    title: values.title ?? titleOf(name),
    description: values.description ?? "What is wrong, in one sentence, and what to bring about.",
    category: values.category ?? "linux",
    difficulty: values.difficulty ?? "easy",
    playground:
      values.playground ??
      (here.find(({ name }) => name === "debian-stable") ?? here[0])?.name ??
      "debian-stable",
  };
  const wanted =
    canAsk() && !values.yes
      ? await ask({
          title: { question: "Title", fallback: defaults.title },
          description: { question: "Description", fallback: defaults.description },
          category: {
            question: `Category (${CATEGORIES.join(", ")})`,
            fallback: defaults.category,
            wrong: oneOf(CATEGORIES),
          },
          difficulty: {
            question: `Difficulty (${DIFFICULTIES.join(", ")})`,
            fallback: defaults.difficulty,
            wrong: oneOf(DIFFICULTIES),
          },
          playground: {
            question: `Playground (${playgroundsToAsk(here, usable)})`,
            fallback: defaults.playground,
            wrong: oneOf(usable.map((one) => one.name)),
          },
        })
      : defaults;
  if (!(CATEGORIES as readonly string[]).includes(wanted.category))
    throw new Fault(`"${wanted.category}" is no category: use one of ${CATEGORIES.join(", ")}`);
  if (!(DIFFICULTIES as readonly string[]).includes(wanted.difficulty))
    throw new Fault(`difficulty is one of ${DIFFICULTIES.join(", ")}`);
  const base = bases.get(wanted.playground);
  if (!base?.machines.length)
    throw new Fault(
      `There is no playground "${wanted.playground}" to begin with: use one of ${usable.map((one) => one.name).join(", ")}`,
    );
  const schemas = join(arenaRoot, ".agon/schema");
  if (kind === "playground") writeSchemas(schemas);
  const files = template({
    ...wanted,
    name,
    machines: base.machines.filter(({ noSSH }) => !noSSH).map((machine) => machine.name),
    date: new Date().toISOString().slice(0, 10),
    schema: relative(folder, join(schemas, "manifest.json")),
  });
  for (const [path, text] of Object.entries(files)) {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    if (text.startsWith("#!")) chmodSync(file, 0o755);
  }
  const problems = await lintItems([{ folder, kind: kind as Kind }], bases);
  for (const problem of problems) console.log(showProblem(problem));
  const at = relative(process.cwd(), folder);
  console.log(`${at.startsWith("..") ? folder : at}: ${Object.keys(files).sort().join(", ")}`);
  if (kind === "challenge") {
    // Bots play what the arena shows: a folder elsewhere has to come there first.
    const shown = folder === folderFor(kind, name);
    console.log(
      `Write it with ./agon dev ${at.startsWith("..") ? folder : at}, ${shown ? "" : `copy it to challenges/${name} and `}prove it with ./agon bots run ${name}.`,
    );
  }
  const missing = missingImages(base);
  if (missing.length) console.log(howToGet(base, missing));
  return problems.length ? 1 : 0;
}
