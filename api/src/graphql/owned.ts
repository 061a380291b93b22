import type { Kind } from "@agon/content/kinds";
import { KINDS } from "@agon/content/kinds";
import { DIMENSIONS, OF_PLAYGROUNDS } from "@agon/content/model";
import { failure } from "../failure.ts";
import type { AuthoredDoc, AuthoredVersionDoc } from "../models/authored.ts";
import type { Context, Domain } from "./context.ts";
import { withRole } from "./context.ts";

/** Milliseconds of silence after which a stream says again what it said. */
const HEARTBEAT = 5_000;
/** Items that one look shows at most. */
const MOST = 200;
/** Characters of a manifest at most. */
export const MAX_MANIFEST = 200_000;
/** Characters of a revision's text at most. */
const TEXT = 500_000;

/** Content that authors stored in the arena: who may do what with it, and what it was before. */
export function ownedResolvers(domain: Domain) {
  const { authored, live, store } = domain;
  const kindOf = (kind: string): Kind => {
    const known = KINDS.find((one) => one === kind);
    if (known) return known;
    throw failure("BAD_INPUT", `${kind.slice(0, 40)} is no kind.`, "Name a kind of content.");
  };
  const shown = (doc: AuthoredDoc) => ({
    ...(authored.view(doc, "") as { title: string; version: string }),
    kind: doc.kind,
    name: doc.name,
    author: doc.handle,
    at: doc.at,
    revision: doc.revision,
    approved: doc.approved,
    access: (doc.kind === "playground" ? OF_PLAYGROUNDS : DIMENSIONS).map((dimension) => ({
      dimension,
      principals: authored.accessOf(doc)[dimension] ?? ["owner"],
    })),
    doc,
  });

  /** Stored content as it is read, from now on until it is removed. */
  async function* watch(args: { kind: string; name: string }, context: Context) {
    const viewer = withRole(context, "author", "operator");
    const kind = kindOf(args.kind);
    const { _id: id } = await authored.own(viewer, kind, args.name);
    const { queue, close } = live.listen(`stored:${id}`);
    try {
      let told = "";
      for (let quiet = false; ;) {
        // Another process may have read it first: what is told here is what this one shows.
        await authored.lookFor(viewer, kind, args.name);
        const doc = await authored.find(kind, args.name);
        if (!doc) break;
        const stored = authored.shown(doc);
        if (quiet || JSON.stringify(stored) !== told) yield { stored };
        told = JSON.stringify(stored);
        quiet = (await queue.next(HEARTBEAT)) === "quiet";
      }
      yield { stored: { revision: 0, loaded: false, problems: [] } };
    } finally {
      close();
    }
  }

  return {
    Subscription: {
      stored: {
        subscribe: (_: unknown, args: { kind: string; name: string }, context: Context) =>
          watch(args, context),
      },
    },
    Query: {
      ownedContent: async (_: unknown, _args: unknown, context: Context) => {
        const viewer = withRole(context, "author", "operator");
        // What was pushed a moment ago has its title and its versions then.
        await authored.look();
        // Operators let content into the catalogue, so they see everybody's.
        const docs =
          viewer.role === "operator"
            ? await store.authored.find().sort({ at: -1 }).limit(MOST).lean<AuthoredDoc[]>()
            : await authored.of(viewer);
        return docs.slice(0, MOST).map(shown);
      },
      playgroundManifest: (_: unknown, args: { name: string }, context: Context) =>
        authored.manifestText(withRole(context, "author", "operator"), args.name),
      playgroundBases: (_: unknown, _args: unknown, context: Context) => {
        const viewer = withRole(context, "author", "operator");
        return [...domain.content.playgroundsFor(viewer).keys()].sort();
      },
      contentRevision: async (
        _: unknown,
        args: { kind: string; name: string; revision: number },
        context: Context,
      ) => {
        const viewer = withRole(context, "author", "operator");
        const doc = await authored.own(viewer, kindOf(args.kind), args.name);
        const version = (await authored.versions(doc._id)).find(
          ({ revision }) => revision === args.revision,
        );
        if (!version)
          throw failure("NOT_FOUND", "There is no such version.", "Choose one of the list.");
        let text = "";
        for (const { path, sha256, size } of version.files) {
          const readable = /\.(md|ya?ml|sh|txt)$|ignore$/.test(path);
          const bytes = readable ? await authored.blob(sha256) : null;
          text += `── ${path}\n${bytes ? bytes.toString("utf8") : `${sha256.slice(0, 16)}, ${size} bytes`}\n`;
          if (text.length > TEXT) return `${text.slice(0, TEXT)}\n(cut)\n`;
        }
        return text;
      },
    },
    Mutation: {
      savePlayground: async (
        _: unknown,
        args: { name: string; manifest: string; create: boolean },
        context: Context,
      ) => {
        const viewer = withRole(context, "author", "operator");
        const { name, manifest, create } = args;
        if (manifest.length > MAX_MANIFEST)
          throw failure(
            "LIMIT",
            "The manifest is too long.",
            `At most ${MAX_MANIFEST} characters.`,
          );
        await authored.savePlayground(viewer, name, manifest, create ? "create" : "update");
        return true;
      },
      removeContent: async (_: unknown, args: { kind: string; name: string }, context: Context) => {
        const viewer = withRole(context, "author", "operator");
        await authored.remove(viewer, kindOf(args.kind), args.name);
        return true;
      },
      setAccess: async (
        _: unknown,
        args: { kind: string; name: string; dimension: string; principals: string[] },
        context: Context,
      ) => {
        const viewer = withRole(context, "author", "operator");
        const { kind, name, dimension, principals } = args;
        return shown(
          await authored.setAccess(viewer, kindOf(kind), name, { [dimension]: principals }),
        );
      },
      approveContent: async (
        _: unknown,
        args: { kind: string; name: string; approved: boolean },
        context: Context,
      ) => {
        const viewer = withRole(context, "operator");
        const { kind, name, approved } = args;
        return shown(await authored.setAccess(viewer, kindOf(kind), name, {}, approved));
      },
    },
    OwnedContent: {
      problems: ({ doc }: { doc: AuthoredDoc }) => authored.problems(doc),
      versions: async ({ doc }: { doc: AuthoredDoc }) =>
        (await authored.versions(doc._id)).map(
          ({ revision, version, at, by }: AuthoredVersionDoc) => ({ revision, version, at, by }),
        ),
    },
  };
}
