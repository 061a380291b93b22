import { createHash } from "node:crypto";
import { selectTasks } from "@agon/content/init-conditions";
import { playable } from "@agon/content/item";
import type { Kind } from "@agon/content/kinds";
import type {
  Article,
  Challenge,
  ContentItem,
  Difficulty,
  Part,
  Playground,
} from "@agon/content/model";

/** Something of the catalogue, of any kind: an article, or a playground with its landing text. */
export interface Entry extends Omit<Article, "meta" | "tasks" | "variables" | "vars"> {
  /** `kind/name` */
  id: string;
  kind: Kind;
  difficulties: Difficulty[];
  unavailable: string;
  version: string;
  modular: boolean;
  item: ContentItem | null;
}

export function entryOfItem(item: ContentItem): Entry {
  return { ...item, id: `${item.kind}/${item.name}`, item };
}

/** Hash of what a playground says. */
export function versionOf(playground: Playground): string {
  return createHash("sha256").update(JSON.stringify(playground)).digest("hex");
}

export function entryOfPlayground(playground: Playground): Entry {
  return {
    id: `playground/${playground.name}`,
    kind: "playground",
    name: playground.name,
    title: playground.title || playground.name,
    description: playground.description ?? "",
    categories: playground.categories ?? [],
    tags: [],
    createdAt: "",
    updatedAt: "",
    cover: playground.cover ?? "",
    body: playground.markdown ?? "",
    embeds: [],
    playground,
    assets: playground.assets ?? {},
    parts: [],
    difficulties: [],
    unavailable: "",
    version: versionOf(playground),
    modular: false,
    item: null,
  };
}

/** All parts of an entry, outer ones first. */
export function* partsOf(parts: readonly Part[]): Generator<Part> {
  for (const part of parts) {
    yield part;
    yield* partsOf(part.parts);
  }
}

export function partAt(entry: Entry, path: string): Part | undefined {
  for (const part of partsOf(entry.parts)) if (part.path === path) return part;
  return undefined;
}

/** The text of a lesson: its own, then each unit's under its title. */
export function textOf(part: Pick<Part, "body" | "parts">): string {
  const units = part.parts.map(
    (unit) => `${unit.title ? `## ${unit.title}\n\n` : ""}${unit.body.trim()}`,
  );
  return [part.body.trim(), ...units].filter(Boolean).join("\n\n");
}

/** A challenge, or what is played like one; what its text shows besides tasks travels with its version. */
export type PlayText = Challenge & Pick<Article, "assets" | "embeds">;

/**
 * What a play of an entry, or of one of its parts, is made of; undefined if none can start. Its name says
 * what it is: `tutorial/first-steps`, `course/net-basics/link/frames`. It has no points.
 */
export function playableOf(entry: Entry, path: string): PlayText | undefined {
  const name = path ? `${entry.id}/${path}` : entry.id;
  const version = createHash("sha256").update(`${entry.version} ${path}`).digest("hex");
  if (entry.item) {
    const made = playable(entry.item, path);
    const part = path ? partAt(entry, path) : undefined;
    return (
      made && {
        ...made,
        name,
        version,
        body: part ? textOf(part) : made.body,
        assets: (part ?? entry).assets,
        embeds: embedsOf(part ?? entry),
      }
    );
  }
  const { playground } = entry;
  if (!playground || path) return undefined;
  return {
    name,
    title: entry.title,
    description: entry.description,
    difficulty: "easy",
    categories: entry.categories,
    tags: [],
    body: entry.body,
    hints: [],
    ...selectTasks(playground.initTasks, playground.initConditions ?? []),
    playground,
    solution: "",
    scripts: {},
    version,
    folder: playground.folder ?? "",
    assets: entry.assets,
    embeds: [],
  };
}

/** Content that a text and the texts of its parts may show. */
export function embedsOf(article: Pick<Article, "embeds" | "parts">): Article["embeds"] {
  return [...article.embeds, ...article.parts.flatMap(embedsOf)];
}
