import { isKind } from "@agon/content/kinds";
import type { Article, Challenge, Part, Playground } from "@agon/content/model";
import { tabsOf } from "@agon/content/tabs";
import { failure } from "../failure.ts";
import { isFinal } from "../fold.ts";
import { markKey, Progresses } from "../progress.ts";
import { coloursOf } from "../code-colours.ts";
import { coverUrl, publicFiles } from "../public-files.ts";
import { partAt, partsOf, playableOf, textOf, type Entry } from "../entry.ts";
import { versionOf, type PlayDoc } from "../models/play.ts";
import { basePoints } from "../scoring.ts";
import { FACETS, type Filters } from "../search.ts";
import type { Context, Domain } from "./context.ts";
import { bounded, signedIn } from "./context.ts";

interface CatalogueArgs extends Record<string, unknown> {
  search?: string | null;
  first?: number | null;
  after?: number | null;
}
/** A part with what it belongs to, and how far this viewer may read. */
interface PartOf {
  entry: Entry;
  part: Part;
  open: boolean;
}
/** Characters of a preview: whole paragraphs, as many as fit. */
const PREVIEW = 1500;
const MOST_VALUES = 20;

/** The beginning of a text, whole paragraphs only, up to the first component. */
function preview(body: string): string {
  let out = "";
  for (const paragraph of body.split(/\n{2,}/)) {
    if (/^(?::{2,}|`{3}|~{3})/m.test(paragraph) || out.length + paragraph.length > PREVIEW) break;
    out += `${paragraph}\n\n`;
  }
  return out.trim();
}

/** Content of all kinds: pages, the catalogue, progress. */
export function libraryResolvers(domain: Domain) {
  const { content, library, marks, plays } = domain;
  const progresses = async (context: Context) => new Progresses(library, await context.tally());
  const mayRead = (entry: Entry, context: Context) => library.may(context.viewer, "canRead", entry);
  /** As much of its text as this viewer may have. */
  const shownBody = (entry: Entry, context: Context): string => {
    if (mayRead(entry, context)) return entry.body;
    return library.may(context.viewer, "canPreview", entry) ? preview(entry.body) : "";
  };

  /** An entry that this viewer may know of; anything else does not exist for them. */
  const visible = (kind: string, name: string, context: Context): Entry | null => {
    const entry = library.find(kind, name);
    const known =
      entry &&
      (["canRead", "canPreview", "canList"] as const).some((dimension) =>
        library.may(context.viewer, dimension, entry),
      );
    return known ? entry : null;
  };

  const filtersOf = (args: CatalogueArgs): Filters => {
    const filters: Filters = {};
    for (const facet of FACETS) {
      const values = args[facet];
      if (!Array.isArray(values) || values.length === 0) continue;
      if (values.length > MOST_VALUES)
        throw failure("BAD_INPUT", `There are too many values of ${facet}.`, "Choose fewer.");
      filters[facet] = values.map(String);
    }
    return filters;
  };

  const activePlay = async (name: string, context: Context) => {
    if (!context.viewer) return null;
    const play = await plays.active(context.viewer.id, name);
    return play && !isFinal(play.view.state) ? play : null;
  };
  const shownTasks = (article: Pick<Article, "tasks" | "parts">) =>
    article.tasks.filter((task) => task.kind === "regular").map((task) => ({ ...task, needs: [] }));

  return {
    Query: {
      content: async (_: unknown, args: { kind: string; name: string }, context: Context) => {
        await domain.authored.lookFor(context.viewer, args.kind, args.name);
        return visible(args.kind, args.name, context);
      },
      catalogue: async (_: unknown, args: CatalogueArgs, context: Context) => {
        const progress = await progresses(context);
        const first = bounded(args.first, 50, 200);
        const after = bounded(args.after, 0, 1_000_000);
        const looker = library.looker(context.viewer, (entry) => progress.status(entry));
        const found = library.index.search(
          String(args.search ?? "").slice(0, 500),
          filtersOf(args),
          looker,
          after,
          first,
        );
        return { ...found, items: found.ids.map((id) => library.byId(id)) };
      },
    },
    Mutation: {
      markContent: async (
        _: unknown,
        args: { kind: string; name: string; part?: string | null; done: boolean },
        context: Context,
      ) => {
        const viewer = signedIn(context);
        const entry = visible(args.kind, args.name, context);
        const path = args.part ?? "";
        if (!entry || !isKind(args.kind))
          throw failure("NOT_FOUND", "There is no such content.", "Choose it in the catalogue.");
        if (!library.may(viewer, "canStart", entry))
          throw failure("FORBIDDEN", "You may not mark this.", "Ask its author for access.");
        if (!new Progresses(library, null).markable(entry, path))
          throw failure(
            "BAD_INPUT",
            "This is not marked by hand.",
            "It is complete when what it links to is.",
          );
        await marks.set(viewer, markKey(entry, path), args.done);
        context.forgetTally();
        return entry;
      },
    },
    Content: {
      difficulty: (entry: Entry) => entry.difficulties[0] ?? "",
      cover: (entry: Entry) => coverUrl(entry.cover, entry.assets),
      author: (entry: Entry) => library.guarded(entry).owner || null,
      createdAt: (entry: Entry) => entry.createdAt || null,
      updatedAt: (entry: Entry) => entry.updatedAt || null,
      readable: (entry: Entry, _: unknown, context: Context) => mayRead(entry, context),
      body: (entry: Entry, _: unknown, context: Context) => shownBody(entry, context),
      code: (entry: Entry, _: unknown, context: Context) => coloursOf(shownBody(entry, context)),
      assets: (entry: Entry) => publicFiles(content, entry.assets),
      // What a text names says what it is about: like the text, it is for readers.
      references: (entry: Entry, _: unknown, context: Context) =>
        mayRead(entry, context) ? library.references({ ...entry, parts: [] }, context.viewer) : [],
      related: (entry: Entry, _: unknown, context: Context) =>
        library.index
          .related(entry.id, library.looker(context.viewer, () => "todo").sees)
          .flatMap((id) => library.byId(id) ?? []),
      parts: (entry: Entry, args: { under?: string | null }, context: Context): PartOf[] => {
        const { under } = args;
        // Of a training, the program has lists of its own; of all else, the parts are its text.
        const program = entry.kind === "training";
        const open = program
          ? library.may(context.viewer, "canReadProgram", entry)
          : mayRead(entry, context);
        const all = [...partsOf(entry.parts)];
        const first =
          program && library.may(context.viewer, "canPreviewProgram", entry)
            ? all.find((part) => part.kind === "unit")
            : undefined;
        return all
          .filter(({ path }) => !under || path === under || path.startsWith(`${under}/`))
          .map((part) => ({ entry, part, open: open || part === first }));
      },
      machines: (entry: Entry) => entry.playground?.machines ?? [],
      tasks: (entry: Entry, _: unknown, context: Context) =>
        entry.item && mayRead(entry, context) ? shownTasks(entry.item) : [],
      questions: (entry: Entry) => questionsOf(entry.playground),
      playKey: (entry: Entry) => (entry.kind === "challenge" ? entry.name : entry.id),
      startable: (entry: Entry, _: unknown, context: Context) =>
        entry.playground !== null && library.may(context.viewer, "canStart", entry),
      unavailable: (entry: Entry) => entry.unavailable || null,
      activePlay: (entry: Entry, _: unknown, context: Context) =>
        activePlay(entry.kind === "challenge" ? entry.name : entry.id, context),
      status: async (entry: Entry, _: unknown, context: Context) =>
        (await progresses(context)).status(entry),
      progress: async (entry: Entry, _: unknown, context: Context) =>
        (await progresses(context)).of(entry),
      markable: (entry: Entry) => new Progresses(library, null).markable(entry, ""),
      points: (entry: Entry) =>
        entry.kind === "challenge" ? basePoints(entry.difficulties[0] ?? "medium") : 0,
      solvedBy: async (entry: Entry) =>
        entry.kind === "challenge" ? (await domain.boards.page(entry.name, 0, 1)).total : 0,
    },
    ContentPart: {
      kind: ({ part }: PartOf) => part.kind,
      path: ({ part }: PartOf) => part.path,
      name: ({ part }: PartOf) => part.name,
      title: ({ part }: PartOf) => part.title || part.name,
      description: ({ part }: PartOf) => part.description,
      body: ({ part, open }: PartOf) => (open ? textOf({ body: part.body, parts: [] }) : ""),
      code: ({ part, open }: PartOf) => (open ? coloursOf(part.body) : []),
      assets: ({ part }: PartOf) => publicFiles(content, part.assets),
      references: ({ part, open }: PartOf, _: unknown, context: Context) =>
        open ? library.references({ ...part, parts: [] }, context.viewer) : [],
      tasks: ({ part, open }: PartOf) => (open ? shownTasks(part) : []),
      machines: ({ part }: PartOf) => part.playground?.machines ?? [],
      questions: ({ part }: PartOf) => questionsOf(part.playground),
      playKey: ({ entry, part }: PartOf) => `${entry.id}/${part.path}`,
      startable: ({ entry, part, open }: PartOf, _: unknown, context: Context) =>
        open &&
        playableOf(entry, part.path) !== undefined &&
        library.may(context.viewer, "canStart", entry),
      activePlay: ({ entry, part }: PartOf, _: unknown, context: Context) =>
        activePlay(`${entry.id}/${part.path}`, context),
      done: async ({ entry, part }: PartOf, _: unknown, context: Context) =>
        (await progresses(context)).partDone(entry, part),
      markable: ({ entry, part }: PartOf) =>
        new Progresses(library, null).markable(entry, part.path),
    },
    /** What a card or a link shows of other content. */
    Reference: {
      difficulty: (entry: Entry) => entry.difficulties[0] ?? "",
      cover: (entry: Entry) => coverUrl(entry.cover, entry.assets),
      status: async (entry: Entry, _: unknown, context: Context) =>
        (await progresses(context)).status(entry),
    },
    Challenge: {
      questions: (c: Challenge) => questionsOf(c.playground),
      tabs: (c: Challenge) => tabsOf(c.playground),
      code: (c: Challenge) => coloursOf(c.body),
      assets: (c: { assets?: Record<string, string> }) => publicFiles(content, c.assets ?? {}),
      references: (c: { body: string; embeds?: Article["embeds"] }, _: unknown, context: Context) =>
        library.references({ body: c.body, embeds: c.embeds ?? [], parts: [] }, context.viewer),
    },
    Play: {
      /** `kind/name` and the path of a part: where the text of a play is at home. */
      content: async (play: PlayDoc) => {
        // A draft is what its text says that it is.
        const draft = play.draft && (await content.version(versionOf(play), play.challenge));
        const [kind, name, ...path] = play.challenge.includes("/")
          ? play.challenge.split("/")
          : [(draft as { kind?: string } | null)?.kind ?? "challenge", play.challenge];
        const entry = content.entries.get(`${kind}/${name}`);
        const part = entry && path.length ? partAt(entry, path.join("/")) : undefined;
        return {
          kind,
          name,
          part: path.join("/"),
          title: part?.title || entry?.title || name,
          markable: entry ? new Progresses(library, null).markable(entry, path.join("/")) : false,
          done: async (_: unknown, context: Context) => {
            const progress = await progresses(context);
            if (!entry) return false;
            return part ? progress.partDone(entry, part) : progress.status(entry) === "solved";
          },
        };
      },
    },
  };
}

/** What is asked before a play of this playground starts. */
function questionsOf(playground: Playground | null) {
  return (playground?.initConditions ?? []).map((one) => ({
    ...one,
    nullable: one.nullable ?? false,
    placeholder: one.placeholder ?? "",
    validationRegex: one.validationRegex ?? "",
  }));
}
