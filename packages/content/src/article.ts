import { dirname } from "node:path/posix";
import { readBody, type Body, type TaskComponent } from "./components.ts";
import { readCommon } from "./front-matter.ts";
import type { ArticleKind, PartKind } from "./kinds.ts";
import type { Article, Hint, Playground, Task } from "./model.ts";
import { readBlock, standIn } from "./block.ts";
import { checkMachineLinks } from "./machine-links.ts";
import type { Source } from "./source.ts";
import { selectTasks } from "./init-conditions.ts";
import { readTasks } from "./tasks.ts";
import { asMap } from "./value.ts";

/** An article whose tasks are read once everything that may show them is known. */
export interface OpenArticle {
  source: Source;
  article: Omit<Article, "name" | "parts"> & { hints: Hint[] };
  body: Body;
  /** Task components of its own text. */
  components: TaskComponent[];
  bases: Map<string, Playground>;
}

/** Hashes of the public files beside a file, by `__static__/PATH`. */
export function assetsBeside(source: Source): Record<string, string> {
  const { files } = source;
  const folder = dirname(source.path);
  const prefix = folder === "." ? "" : `${folder}/`;
  return Object.fromEntries(
    files.paths
      .filter((path) => path.startsWith(`${prefix}__static__/`) && !path.endsWith(".md"))
      .map((path) => [path.slice(prefix.length), files.hash(path)]),
  );
}

/** Reads front matter and text of one file; what is shown there is matched with tasks by `readOwnTasks`. */
export function readArticle(
  source: Source,
  kind: ArticleKind | PartKind,
  bases: Map<string, Playground>,
): OpenArticle {
  const common = readCommon(source, kind);
  const body = readBody(source.body, source.bodyLine, kind === "challenge");
  return {
    source,
    bases,
    body,
    components: body.tasks.map((component) => ({ ...component, source })),
    article: {
      ...common,
      body: body.body,
      hints: body.hints,
      tasks: [],
      variables: {},
      playground: null,
      vars: Object.keys(asMap(source.data["vars"])),
      assets: assetsBeside(source),
      meta: source.data,
    },
  };
}

/** Playground and tasks of one article. */
interface OwnTasks {
  playground: Playground | null;
  tasks: Task[];
  everyTask?: Task[];
  variables: Record<string, string>;
  /** False when errors of the playground left nothing to look at tasks with. */
  looked: boolean;
}

/**
 * Reads an article's playground and tasks, which its own text and the texts of its units show. A
 * playground that is not here leaves the tasks checked as far as they can be, and null.
 */
export function readOwnTasks(
  { source, body, bases }: OpenArticle,
  kind: ArticleKind | PartKind,
  components: TaskComponent[],
): OwnTasks {
  const { data } = source;
  const wanted = data["playground"] !== undefined && data["playground"] !== null;
  const hasTasks = Object.keys(asMap(data["tasks"])).length > 0;
  if (!wanted && kind !== "challenge") {
    if (hasTasks)
      source.error(
        "AG030",
        ["tasks"],
        "there are tasks, and no playground on whose machines they could run",
        "add playground: NAME",
      );
    else
      for (const component of components)
        (component.source ?? source).problem(
          "AG064",
          { line: component.line, column: 1 },
          "error",
          `the component shows unknown task "${component.name}"`,
          "add tasks: to the front matter",
        );
    return { playground: null, tasks: [], variables: {}, looked: true };
  }
  const playground = readBlock(source, bases);
  if (!playground && source.unavailable === "")
    return { playground: null, tasks: [], variables: {}, looked: false };
  if (playground && !source.unavailable) checkMachineLinks(source, body, playground.machines);
  const machines = playground ?? standIn(source);
  const variables = new Map<string, string>();
  const tasks = readTasks(source, machines, components, variables);
  return {
    playground: playground && !source.unavailable ? playground : null,
    ...selectTasks(tasks, machines.initConditions),
    variables: Object.fromEntries(variables),
    looked: true,
  };
}
