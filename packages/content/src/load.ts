import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { readBody } from "./components.ts";
import type { Catalogue, Challenge, Playground, Problem } from "./model.ts";
import { readBlock, readManifest } from "./playground.ts";
import { Source } from "./source.ts";
import { readTasks } from "./tasks.ts";
import { asList, asText } from "./value.ts";

/** A file larger than this is no challenge text. */
const MAX_BYTES = 2_000_000;
const KINDS_LATER = new Set([
  "tutorial",
  "skill-path",
  "course",
  "training",
  "roadmap",
  "vendor",
  "blog-post",
  "shell-gym",
]);

async function text(file: string): Promise<string> {
  const bytes = await readFile(file);
  if (bytes.length > MAX_BYTES) throw new Error(`larger than ${MAX_BYTES} bytes`);
  return bytes.toString("utf8");
}

async function folders(dir: string): Promise<string[]> {
  if (!existsSync(dir)) return [];
  return (await readdir(dir, { withFileTypes: true }))
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
    .map((entry) => entry.name)
    .sort();
}

async function loadPlayground(dir: string, problems: Problem[]): Promise<Playground | undefined> {
  const file = ["manifest.yaml", "manifest.yml"]
    .map((name) => join(dir, name))
    .find((path) => existsSync(path));
  if (!file) return undefined;
  const source = new Source(file, await text(file), false);
  const playground = source.failed ? undefined : readManifest(source);
  problems.push(...source.problems);
  return playground;
}

/** Loads one challenge folder; located problems are added, and an error leaves the challenge out. */
export async function loadChallenge(
  folder: string,
  name: string,
  playgrounds: Map<string, Playground>,
  problems: Problem[],
): Promise<Challenge | undefined> {
  const file = join(folder, "index.md");
  if (!existsSync(file)) {
    problems.push({
      file,
      line: 1,
      column: 1,
      severity: "error",
      message: "there is no index.md",
      fix: "add index.md with front matter, or remove the folder",
    });
    return undefined;
  }
  const source = new Source(file, await text(file), true);
  try {
    if (source.failed) return undefined;
    const { data } = source;
    const kind = asText(data["kind"]);
    if (kind !== "challenge") {
      source.error(
        ["kind"],
        KINDS_LATER.has(kind)
          ? `content of kind ${kind} is not supported here yet`
          : `kind is "${kind}"`,
        "write kind: challenge",
      );
      return undefined;
    }
    if (!asText(data["title"]))
      source.error(["title"], "the challenge has no title", "add title: of 10 to 120 characters");
    if (!asText(data["description"]))
      source.warn(["description"], "the challenge has no description", "add description:");
    const difficulty = asText(data["difficulty"]);
    if (difficulty && !["easy", "medium", "hard"].includes(difficulty))
      source.error(["difficulty"], `difficulty is "${difficulty}"`, "use easy, medium or hard");
    else if (!difficulty)
      source.warn(
        ["difficulty"],
        "there is no difficulty; medium is used",
        "add difficulty: easy, medium or hard",
      );
    const playground = readBlock(source, playgrounds);
    const { body, tasks: components, hints, unclosed } = readBody(source.body, source.bodyLine);
    for (const open of unclosed)
      source.problem(
        { line: open.line, column: 1 },
        "warning",
        `::${open.name} is never closed`,
        "add a line :: after it",
      );
    const tasks = playground ? readTasks(source, playground, components) : [];
    if (playground && !tasks.some((task) => task.kind === "regular"))
      source.error(
        ["tasks"],
        "the challenge has no regular task: it would be complete at its start",
        "add a task without init and helper",
      );
    if (source.failed || !playground) return undefined;
    const names = (await readdir(folder)).sort();
    const scripts: Record<string, string> = {};
    for (const script of names.filter((one) => /^\.(solution|wrong)(-\d+)?\.sh$/.test(one)))
      scripts[script] = await text(join(folder, script));
    const solutions = [];
    for (const one of names.filter((candidate) => /^solution(-\d+)?\.md$/.test(candidate)))
      solutions.push((await text(join(folder, one))).replace(/^---\n[\s\S]*?\n---\n/, ""));
    const content = {
      name,
      title: asText(data["title"]),
      description: asText(data["description"]),
      difficulty: (difficulty || "medium") as Challenge["difficulty"],
      categories: asList(data["categories"]).map(asText),
      tags: asList(data["tagz"]).map(asText),
      body,
      hints,
      tasks,
      playground,
      solution: solutions.join("\n\n---\n\n"),
      scripts,
    };
    return {
      ...content,
      version: createHash("sha256").update(JSON.stringify(content)).digest("hex"),
      folder,
    };
  } finally {
    problems.push(...source.problems);
  }
}

/** Loads every challenge and playground; what is broken is reported with its place and never stops the rest. */
export async function loadCatalogue(
  contentDir: string,
  playgroundsDir: string,
): Promise<Catalogue> {
  const problems: Problem[] = [];
  const playgrounds = new Map<string, Playground>();
  const challenges = new Map<string, Challenge>();
  const guarded = async (file: string, work: () => Promise<void>) => {
    try {
      await work();
    } catch (error) {
      problems.push({
        file,
        line: 1,
        column: 1,
        severity: "error",
        message: `could not be read: ${(error as Error).message}`,
        fix: "check the file and its permissions",
      });
    }
  };
  for (const name of await folders(playgroundsDir)) {
    await guarded(join(playgroundsDir, name), async () => {
      const playground = await loadPlayground(join(playgroundsDir, name), problems);
      if (playground) playgrounds.set(playground.name, playground);
    });
  }
  for (const name of await folders(contentDir)) {
    await guarded(join(contentDir, name), async () => {
      const challenge = await loadChallenge(join(contentDir, name), name, playgrounds, problems);
      if (challenge) challenges.set(name, challenge);
    });
  }
  return { challenges, playgrounds, problems };
}
