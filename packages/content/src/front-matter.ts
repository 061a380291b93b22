import { dirname, join } from "node:path/posix";
import { kindOfPlural, PLURALS, type ArticleKind, type PartKind } from "./kinds.ts";
import type { Difficulty, Embed } from "./model.ts";
import { nameOfKey } from "./names.ts";
import type { Source } from "./source.ts";
import { asList, asMap, asText } from "./value.ts";

/** Words of the catalogue's filter (spec 2.1). */
export const CATEGORIES = [
  "linux",
  "networking",
  "containers",
  "kubernetes",
  "programming",
  "observability",
  "security",
  "ci-cd",
  "generative-ai",
  "cloud",
  "iac",
] as const;
export const DIFFICULTIES = ["easy", "medium", "hard"] as const;

const DATE = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/;
const isPart = (kind: string) => ["module", "lesson", "unit", "program"].includes(kind);

/** Fields that every article has (spec 2.1), as they were read. */
export interface Common {
  title: string;
  description: string;
  categories: string[];
  tags: string[];
  createdAt: string;
  updatedAt: string;
  cover: string;
  embeds: Embed[];
}

const isDifficulty = (text: string): text is Difficulty =>
  (DIFFICULTIES as readonly string[]).includes(text);

/** Adds a key at the end of the front matter. */
function addLine(source: Source, line: string): void {
  source.fixable({ line: source.endOfFrontMatter, remove: 0, insert: [line] });
}

/** A date in another spelling that can mean one day alone; 1/2/2026 is two days. */
function dateMeant(text: string): string | undefined {
  const [, year, month, day] =
    /^(\d{4})[/.-](\d{1,2})[/.-](\d{1,2})$/.exec(text) ??
    (/^\d{1,2}\.\d{1,2}\.\d{4}$/.test(text) ? ["", ...text.split(".").toReversed()] : []);
  const meant = year && `${year}-${month!.padStart(2, "0")}-${day!.padStart(2, "0")}`;
  return meant && !Number.isNaN(Date.parse(meant)) ? meant : undefined;
}

function date(source: Source, key: string, required: boolean): string {
  const value = source.data[key];
  const text = asText(value).trim();
  if (!text) {
    if (required) {
      source.warn("AG018", [key], `there is no ${key}`, `add ${key}: YYYY-MM-DD`);
      addLine(source, `${key}: ${new Date().toISOString().slice(0, 10)}`);
    }
    return "";
  }
  if (!DATE.test(text) || Number.isNaN(Date.parse(text.replace(" ", "T")))) {
    source.warn(
      "AG018",
      [key],
      `${key} is "${text}", which is no date`,
      "write YYYY-MM-DD, or YYYY-MM-DDTHH:MM:SS",
    );
    const meant = dateMeant(text);
    if (meant) source.fixableWord(text, meant);
  }
  return text;
}

function texts(source: Source, key: string, code: "AG016" | "AG017"): string[] {
  return asList(source.data[key]).flatMap((one, index) => {
    const text = asText(one).trim();
    if (!text) source.warn(code, [key, index], `an entry of ${key} is no text`, "write a word");
    return text ? [text] : [];
  });
}

function checkWords(source: Source, kind: string, categories: string[], tags: string[]): void {
  const most = kind === "course" ? 3 : 2;
  if (categories.length === 0)
    source.warn(
      "AG016",
      ["categories"],
      "there are no categories",
      `add categories: [${CATEGORIES.slice(0, 2).join(", ")}]`,
    );
  if (categories.length > most)
    source.warn(
      "AG016",
      ["categories"],
      `there are ${categories.length} categories`,
      `keep at most ${most}`,
    );
  for (const [index, one] of categories.entries())
    if (!(CATEGORIES as readonly string[]).includes(one))
      source.warn(
        "AG016",
        ["categories", index],
        `"${one}" is no category`,
        `use one of ${CATEGORIES.join(", ")}, or make it a tag`,
      );
  if (source.data["tagz"] === undefined && source.data["tags"] !== undefined) {
    const { line } = source.place(["tags"]);
    source.warn("AG017", ["tags"], "tags are spelled tagz", "write tagz: for tags:");
    const text = source.lines[line - 1] ?? "";
    if (/^tags\s*:/.test(text))
      source.fixable({ line, remove: 1, insert: [text.replace(/^tags/, "tagz")] });
  } else if (tags.length === 0)
    source.warn(
      "AG017",
      ["tagz"],
      "there are no tags",
      "add tagz: [WORD, …] with up to five words",
    );
  if (tags.length > 5)
    source.warn("AG017", ["tagz"], `there are ${tags.length} tags`, "keep at most five");
  for (const [index, one] of tags.entries())
    if (categories.includes(one))
      source.warn("AG017", ["tagz", index], `the tag "${one}" repeats a category`, "remove it");
}

/** Names of cards by kind (spec 2.4). */
function readEmbeds(source: Source): Embed[] {
  const out: Embed[] = [];
  for (const plural of Object.values(PLURALS)) {
    for (const spelling of new Set([plural, plural.replaceAll("-", "_")])) {
      const value = source.data[spelling];
      if (value === undefined || value === null) continue;
      const kind = kindOfPlural(plural)!;
      if (typeof value !== "object") {
        source.warn("AG088", [spelling], `${spelling} is no map`, `write ${spelling}: {NAME: {}}`);
        continue;
      }
      // A list of names is accepted as well.
      const entries: [string, unknown][] = Array.isArray(value)
        ? value.map((one): [string, unknown] => [asText(one), {}])
        : Object.entries(value);
      for (const [key, one] of entries) {
        if (!key) continue;
        if (one !== null && typeof one !== "object")
          source.warn(
            "AG088",
            [spelling, key],
            `the value of ${key} is no map`,
            `write ${key}: {}`,
          );
        const lessons = asList(asMap(one)["lessons"]).map(asText).filter(Boolean);
        out.push({ key, kind, name: nameOfKey(key), lessons });
      }
    }
  }
  return out;
}

/** Whether `__static__/NAME` beside a file exists; addresses and empty ones are not looked up. */
export function staticExists(source: Source, path: string): boolean {
  const clean = path.split(/[?#]/)[0]!;
  return source.files.has(join(dirname(source.path), decoded(clean)));
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function readCover(source: Source, kind: string): string {
  const cover = asText(source.data["cover"]).trim();
  if (!cover) {
    if (kind === "tutorial")
      source.warn(
        "AG019",
        ["cover"],
        "a tutorial has a cover, and this one has none",
        "add cover: __static__/cover.png, and the file",
      );
    return "";
  }
  if (/^https?:\/\//.test(cover)) return cover;
  const path = cover.startsWith("__static__/") ? cover : `__static__/${cover.replace(/^\/+/, "")}`;
  if (staticExists(source, path)) return path;
  source.warn(
    "AG019",
    ["cover"],
    `the cover "${cover}" does not exist`,
    `put it at ${path} beside this file, or remove cover`,
  );
  return "";
}

/** Reads the fields of spec 2.1; limits are warnings, since existing content goes beyond them. */
export function readCommon(source: Source, kind: ArticleKind | PartKind): Common {
  const { data } = source;
  const part = isPart(kind);
  const title = asText(data["title"]).trim();
  const description = asText(data["description"]).trim();
  if (!title && kind !== "program")
    (part ? source.warn : source.error).call(
      source,
      "AG012",
      ["title"],
      `the ${kind} has no title`,
      "add title: of 10 to 120 characters",
    );
  else if (!part && (title.length < 10 || title.length > 120))
    source.warn("AG013", ["title"], `the title has ${title.length} characters`, "use 10 to 120");
  if (!part && !description)
    source.warn(
      "AG014",
      ["description"],
      `the ${kind} has no description`,
      "add description: one to three sentences",
    );
  else if (description.length > 500)
    source.warn(
      "AG014",
      ["description"],
      `the description has ${description.length} characters`,
      "use at most 500",
    );
  const categories = texts(source, "categories", "AG016");
  const tags = [...texts(source, "tagz", "AG017"), ...texts(source, "tags", "AG017")];
  if (!part && !["training", "vendor", "blog-post", "shell-gym", "roadmap"].includes(kind))
    checkWords(source, kind, categories, tags);
  return {
    title,
    description,
    categories,
    tags: [...new Set(tags)],
    createdAt: date(source, "createdAt", !part && kind !== "training"),
    updatedAt: date(source, "updatedAt", false),
    cover: readCover(source, kind),
    embeds: readEmbeds(source),
  };
}

/** `difficulty` of a challenge, `difficulties` of a skill path. */
export function readDifficulties(source: Source, kind: ArticleKind): Difficulty[] {
  const { data } = source;
  if (kind === "challenge") {
    const text = asText(data["difficulty"]);
    if (isDifficulty(text)) return [text];
    const meant = text.toLowerCase();
    if (isDifficulty(meant)) {
      source.warn("AG015", ["difficulty"], `difficulty is "${text}"`, `write ${meant}`);
      source.fixableWord(text, meant);
      return [meant];
    }
    if (text)
      source.error("AG015", ["difficulty"], `difficulty is "${text}"`, "use easy, medium or hard");
    else
      source.warn(
        "AG015",
        ["difficulty"],
        "there is no difficulty; medium is used",
        "add difficulty: easy, medium or hard",
      );
    if (!text) addLine(source, "difficulty: medium");
    return ["medium"];
  }
  return asList(data["difficulties"] ?? data["difficulty"]).flatMap((one, index) => {
    const text = asText(one);
    if (isDifficulty(text)) return [text];
    source.warn(
      "AG015",
      ["difficulties", index],
      `difficulty is "${text}"`,
      "use easy, medium or hard",
    );
    return [];
  });
}
