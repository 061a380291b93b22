import { createHash } from "node:crypto";
import { readArticle, readOwnTasks } from "./article.ts";
import { checkBody } from "./body-rules.ts";
import type { Files } from "./files.ts";
import { readDifficulties } from "./front-matter.ts";
import { isArticleKind, PLURALS, type ArticleKind } from "./kinds.ts";
import type { Challenge, ContentItem, Part, Playground, Problem } from "./model.ts";
import { indexOf, readParts, SOLUTION, tellUnused } from "./parts.ts";
import { checkShape } from "./schema.ts";
import { Source } from "./source.ts";
import { checkSolutions } from "./task-rules.ts";
import { asText } from "./value.ts";

const SCRIPT = /^\.(solution|wrong)(-\d+)?\.sh$/;

/** Reads one content folder; located problems are added, and an error leaves the item out. */
export function readItem(
  files: Files,
  name: string,
  expected: ArticleKind | undefined,
  bases: Map<string, Playground>,
  problems: Problem[],
): ContentItem | undefined {
  const at = (path: string) => (files.root ? `${files.root}/${path}` : path);
  for (const { path, why } of files.refused)
    problems.push({
      file: at(path),
      line: 1,
      column: 1,
      severity: "warning",
      code: "AG009",
      message: `left out: ${REFUSED[why]}`,
      fix: "put a plain file into the content's folder, or name it in .labctlignore",
    });
  const index = indexOf(files, "");
  if (!index) {
    problems.push({
      file: at("index.md"),
      line: 1,
      column: 1,
      severity: "error",
      code: "AG001",
      message: "there is no index.md",
      fix: "add index.md with front matter, or remove the folder",
    });
    return undefined;
  }
  const source = new Source(files, index, true);
  const before = problems.length;
  const partProblems: Problem[] = [];
  try {
    if (source.failed) return undefined;
    const kind = asText(source.data["kind"]);
    if (!isArticleKind(kind) || (expected !== undefined && kind !== expected)) {
      source.error(
        "AG010",
        ["kind"],
        isArticleKind(kind)
          ? `content of kind ${kind} stands below ${PLURALS[expected!]}/`
          : `kind is "${kind}"`,
        isArticleKind(kind)
          ? `move the folder below ${PLURALS[kind]}/`
          : `write kind: ${expected ?? "challenge"}`,
      );
      return undefined;
    }
    const open = readArticle(source, kind, bases);
    checkBody(source, open.body, open.article.embeds, new Set(open.article.vars));
    const difficulties = readDifficulties(source, kind);
    const { parts, used } = readParts(files, kind, bases, partProblems);
    const { looked, ...own } = readOwnTasks(open, kind, open.components);
    if (kind === "challenge" && looked && !own.tasks.some((task) => task.kind === "regular"))
      source.error(
        "AG066",
        ["tasks"],
        "the challenge has no regular task: it would be complete at its start",
        "add a task without init and helper",
      );
    checkShape(source, "front-matter");
    used.add(index);
    tellUnused(files, kind, used, partProblems);
    if (source.failed) return undefined;
    const roots = files.paths.filter((path) => !path.includes("/"));
    const solutions = roots
      .filter((path) => SOLUTION.test(path))
      .map((path) => {
        const solution = new Source(files, path, true, true);
        partProblems.push(...solution.problems);
        return { file: path, title: asText(solution.data["title"]), body: solution.body };
      });
    const scripts = Object.fromEntries(
      roots
        .filter((path) => SCRIPT.test(path))
        .map((path) => [path, files.read(path).subarray(0, MAX_SCRIPT).toString("utf8")]),
    );
    if (kind === "challenge" && own.playground)
      partProblems.push(...checkSolutions(files.root, scripts, own.tasks, own.playground));
    const content = {
      kind,
      name,
      ...open.article,
      ...own,
      difficulties,
      difficulty: difficulties[0] ?? ("medium" as const),
      parts,
      modular: parts.some((part) => part.kind === "module"),
      solution: solutions.map(({ body }) => body.trim()).join("\n\n---\n\n"),
      solutions,
      scripts,
      unavailable: source.unavailable,
    };
    return {
      ...content,
      version: createHash("sha256").update(JSON.stringify(content)).digest("hex"),
      folder: files.root,
    };
  } finally {
    // In the order of the files: the index first.
    problems.splice(before, 0, ...source.problems, ...partProblems);
  }
}

/** Bytes of a solution script. */
const MAX_SCRIPT = 500_000;

const REFUSED = {
  outside: "a link that leads out of the content's folder",
  depth: "it lies deeper than twelve folders",
  count: "there are more than 5000 files",
  unreadable: "it cannot be read",
  kind: "it is a link to a folder, or no plain file",
} as const;

/** An item, or a lesson or unit of one, as something of which a play can start; undefined if none can. */
export function playable(item: ContentItem, path = ""): Challenge | undefined {
  if (!path) return item.playground ? (item as ContentItem & Challenge) : undefined;
  const find = (parts: Part[]): Part | undefined => {
    for (const part of parts) {
      if (part.path === path) return part;
      const inner = find(part.parts);
      if (inner) return inner;
    }
    return undefined;
  };
  const part = find(item.parts);
  if (!part?.playground) return undefined;
  const { name, title, description, body, tasks, everyTask, variables, playground } = part;
  return {
    name: `${item.name}/${path}`,
    title: title || name,
    description,
    difficulty: item.difficulty,
    categories: item.categories,
    tags: item.tags,
    body,
    hints: [],
    tasks,
    ...(everyTask && { everyTask }),
    variables,
    playground,
    solution: "",
    scripts: {},
    version: createHash("sha256").update(`${item.version}/${path}`).digest("hex"),
    folder: item.folder,
  };
}
