import { dirname } from "node:path/posix";
import { readArticle, readOwnTasks, type OpenArticle } from "./article.ts";
import { checkBody } from "./body-rules.ts";
import type { TaskComponent } from "./components.ts";
import type { Files } from "./files.ts";
import { checkMachineLinks } from "./machine-links.ts";
import type { ArticleKind, PartKind } from "./kinds.ts";
import type { Embed, Part, Playground, Problem } from "./model.ts";
import { compareParts, NAME, withoutNumber } from "./names.ts";
import { checkShape } from "./schema.ts";
import { Source } from "./source.ts";
import { asText } from "./value.ts";

/** `index.md`, `0.index.md`, `000.index.md` (spec 1.3). */
export const INDEX = /^(?:\d+[.\-_]?)?index\.md$/;
export const UNIT = /^(?:\d+[.\-_]?)?unit(?:-[^/]*)?\.md$/;
export const SOLUTION = /^solution(?:-\d+)?\.md$/;
/** Parts of one item. */
const MAX_PARTS = 1_000;

interface Loading {
  files: Files;
  bases: Map<string, Playground>;
  problems: Problem[];
  /** Markdown files that became something. */
  used: Set<string>;
  count: number;
}

const nameOf = (path: string) => path.slice(path.lastIndexOf("/") + 1);

/** Names directly below a folder ("" = the root): files, and folders that hold something. */
function below(files: Files, folder: string): { files: string[]; folders: string[] } {
  const prefix = folder ? `${folder}/` : "";
  const own = new Set<string>();
  const inner = new Set<string>();
  for (const path of files.paths) {
    if (!path.startsWith(prefix)) continue;
    const rest = path.slice(prefix.length);
    const slash = rest.indexOf("/");
    if (slash < 0) own.add(rest);
    else inner.add(rest.slice(0, slash));
  }
  return { files: [...own].sort(compareParts), folders: [...inner].sort(compareParts) };
}

/** The index of a folder, relative to the root. */
export function indexOf(files: Files, folder: string): string | undefined {
  const name = below(files, folder).files.find((one) => INDEX.test(one));
  return name === undefined ? undefined : folder ? `${folder}/${name}` : name;
}

function publicName(source: Source, fallback: string): string {
  const name = asText(source.data["slug"]) || asText(source.data["name"]);
  if (name && !NAME.test(name))
    source.warn(
      "AG020",
      [source.data["slug"] === undefined ? "name" : "slug"],
      `"${name}" is no name for an address`,
      "use lowercase letters, digits and -",
    );
  return name || withoutNumber(fallback);
}

function makePart(
  open: OpenArticle,
  kind: PartKind,
  name: string,
  parent: string,
  own: ReturnType<typeof readOwnTasks>,
  parts: Part[],
): Part {
  const { hints: _, ...article } = open.article;
  return {
    ...article,
    playground: own.playground,
    tasks: own.tasks,
    ...(own.everyTask && { everyTask: own.everyTask }),
    variables: own.variables,
    kind,
    name,
    path: parent ? `${parent}/${name}` : name,
    file: open.source.path,
    parts,
  };
}

function tellTwice(parts: Part[], files: Files, problems: Problem[]): void {
  const seen = new Set<string>();
  for (const part of parts) {
    if (seen.has(part.name))
      problems.push({
        file: `${files.root}/${part.file}`,
        line: 1,
        column: 1,
        severity: "warning",
        code: "AG021",
        message: `another part beside this one is called ${part.name}, too`,
        fix: "give one of them another name:",
      });
    seen.add(part.name);
  }
}

/** What units of a lesson may show besides their own. */
interface Around {
  embeds: Embed[];
  vars: string[];
  /** Names of the lesson's tasks. */
  tasks: Set<string>;
}

interface Units {
  parts: Part[];
  /** Components of the lesson's tasks. */
  components: TaskComponent[];
  /** Units without a playground of their own: what they lead to are the lesson's machines. */
  onLesson: OpenArticle[];
}

const NOTHING_AROUND: Around = { embeds: [], vars: [], tasks: new Set() };

/**
 * Units beside an index, in order. Components of tasks that the lesson has are handed back: its tasks
 * are theirs; others are looked up in the unit's own front matter (spec 10.2, Q18).
 */
export function readUnits(
  loading: Loading,
  folder: string,
  parent: string,
  around: Around = NOTHING_AROUND,
): Units {
  const parts: Part[] = [];
  const components: TaskComponent[] = [];
  const onLesson: OpenArticle[] = [];
  for (const name of below(loading.files, folder).files) {
    if (!name.endsWith(".md") || INDEX.test(name)) continue;
    const path = folder ? `${folder}/${name}` : name;
    if (loading.used.has(path)) continue;
    const source = new Source(loading.files, path, true, true);
    const kind = asText(source.data["kind"]);
    if (kind !== "unit" && !(kind === "" && UNIT.test(name))) continue;
    loading.used.add(path);
    if (++loading.count > MAX_PARTS) break;
    const open = readArticle(source, "unit", loading.bases);
    checkBody(
      source,
      open.body,
      [...open.article.embeds, ...around.embeds],
      new Set([...open.article.vars, ...around.vars]),
    );
    components.push(...open.components.filter((one) => around.tasks.has(one.name)));
    const own = readOwnTasks(
      open,
      "unit",
      open.components.filter((one) => !around.tasks.has(one.name)),
    );
    if (!own.playground && source.data["playground"] === undefined) onLesson.push(open);
    checkShape(source, "front-matter");
    parts.push(makePart(open, "unit", publicName(source, name), parent, own, []));
    loading.problems.push(...source.problems);
  }
  tellTwice(parts, loading.files, loading.problems);
  return { parts, components, onLesson };
}

/** Lessons and modules below a folder of a course, in order. */
export function readLessons(loading: Loading, folder: string, parent: string): Part[] {
  const parts: Part[] = [];
  for (const name of below(loading.files, folder).folders) {
    if (name === "__static__") continue;
    const at = folder ? `${folder}/${name}` : name;
    const index = indexOf(loading.files, at);
    if (!index) continue;
    const source = new Source(loading.files, index, true);
    const kind = asText(source.data["kind"]);
    loading.used.add(index);
    if (source.failed) {
      loading.problems.push(...source.problems);
      continue;
    }
    if (kind !== "lesson" && (kind !== "module" || parent)) {
      source.warn(
        "AG023",
        ["kind"],
        kind === "module" ? "a module stands in a module" : `kind is "${kind}"`,
        parent ? "write kind: lesson" : "write kind: module or kind: lesson",
      );
      loading.problems.push(...source.problems);
      continue;
    }
    if (++loading.count > MAX_PARTS) break;
    const open = readArticle(source, kind, loading.bases);
    const called = publicName(source, name);
    const path = parent ? `${parent}/${called}` : called;
    checkBody(source, open.body, open.article.embeds, new Set(open.article.vars));
    const inner: Units =
      kind === "module"
        ? { parts: readLessons(loading, at, path), components: [], onLesson: [] }
        : readUnits(loading, at, path, {
            embeds: open.article.embeds,
            vars: open.article.vars,
            tasks: new Set(Object.keys((source.data["tasks"] ?? {}) as object)),
          });
    const own = readOwnTasks(open, kind, [...open.components, ...inner.components]);
    if (own.playground)
      for (const unit of inner.onLesson) {
        // The unit's other problems have been handed over already.
        const before = unit.source.problems.length;
        checkMachineLinks(unit.source, unit.body, own.playground.machines);
        loading.problems.push(...unit.source.problems.slice(before));
      }
    checkShape(source, "front-matter");
    parts.push(makePart(open, kind, called, parent, own, inner.parts));
    loading.problems.push(...source.problems);
  }
  tellTwice(parts, loading.files, loading.problems);
  return parts;
}

/** The program of a training: program.md, if there is one, with the units beside it. */
export function readProgram(loading: Loading): Part[] {
  const path = "program.md";
  if (!loading.files.has(path)) return readUnits(loading, "", "").parts;
  loading.used.add(path);
  const source = new Source(loading.files, path, true, true);
  const open = readArticle(source, "program", loading.bases);
  checkBody(source, open.body, open.article.embeds, new Set(open.article.vars));
  const own = readOwnTasks(open, "program", open.components);
  const { parts } = readUnits(loading, "", "program");
  loading.problems.push(...source.problems);
  return [makePart(open, "program", "program", "", own, parts)];
}

/** Parts of an item of this kind. */
export function readParts(
  files: Files,
  kind: ArticleKind,
  bases: Map<string, Playground>,
  problems: Problem[],
): { parts: Part[]; used: Set<string> } {
  const loading: Loading = { files, bases, problems, used: new Set(), count: 0 };
  const parts =
    kind === "course"
      ? readLessons(loading, "", "")
      : kind === "skill-path"
        ? readUnits(loading, "", "").parts
        : kind === "training"
          ? readProgram(loading)
          : [];
  return { parts, used: loading.used };
}

/** Markdown that nothing uses: told, and left out (spec 1.3). */
export function tellUnused(
  files: Files,
  kind: ArticleKind,
  used: Set<string>,
  problems: Problem[],
): void {
  for (const path of files.paths) {
    if (!path.endsWith(".md") || used.has(path)) continue;
    const inStatic = `/${path}`.includes("/__static__/");
    const private_ = dirname(path) !== "." && !inStatic && kind !== "course";
    // Sources in folders of their own are the author's business.
    if (private_ || (dirname(path) === "." && (SOLUTION.test(path) || path === "README.md")))
      continue;
    if (kind === "course" && !inStatic && nameOf(path) === "README.md") continue;
    problems.push({
      file: `${files.root}/${path}`,
      line: 1,
      column: 1,
      severity: "warning",
      code: "AG011",
      message: inStatic
        ? "a Markdown file stands in __static__ and is left out"
        : "nothing uses this Markdown file, so it is left out",
      fix: inStatic
        ? "give it another ending, such as .txt"
        : "name it index.md, unit-NN.md or solution.md, or give it a kind",
    });
  }
}
