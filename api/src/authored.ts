import { createHash } from "node:crypto";
import { draftAccess, isPrincipal } from "@agon/content/access";
import { filesFrom } from "@agon/content/files";
import { readItem } from "@agon/content/item";
import { PLURALS, type ArticleKind } from "@agon/content/kinds";
import { DIMENSIONS, type ContentItem, type Playground, type Problem } from "@agon/content/model";
import { NAME } from "@agon/content/names";
import { INDEX, SOLUTION, UNIT } from "@agon/content/parts";
import { Source } from "@agon/content/source";
import type { Guarded } from "./access.ts";
import type { Content } from "./content.ts";
import { failure } from "./failure.ts";
import type { Lists } from "./library.ts";
import type {
  AuthoredBlobDoc,
  AuthoredDoc,
  AuthoredFile,
  AuthoredVersionDoc,
} from "./models/authored.ts";
import { isDuplicate, type Store } from "./models/store.ts";
import type { Viewer } from "./viewer.ts";

/** Bounds of one item, of one author's items, and of what is remembered of an item. */
export const AUTHORED = {
  items: 200,
  files: 1000,
  fileBytes: 12_000_000,
  bytes: 100_000_000,
  versions: 50,
  principals: 100,
} as const;

const PATH = /^[^/\0]+(?:\/[^/\0]+){0,11}$/;
/** How often a change is tried again that others overtook. */
const ATTEMPTS = 50;
/** Milliseconds between looks at what other processes stored. */
const LOOK = 3_000;

interface Loaded {
  doc: AuthoredDoc;
  item: ContentItem | undefined;
  problems: Problem[];
}

/** Content that authors store in the arena: files, lists of who may do what, and versions. */
export class Authored {
  readonly #store: Store;
  readonly #content: Content;
  readonly #guard: (lists: Lists) => void;
  readonly #loaded = new Map<string, Loaded>();
  #ground: ReadonlyMap<string, Playground> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #looking = Promise.resolve();

  /** @param guard is given the lists of all items whenever one changes. */
  constructor(store: Store, content: Content, guard: (lists: Lists) => void) {
    this.#store = store;
    this.#content = content;
    this.#guard = guard;
  }

  /** Loads what is stored, and again whenever any process changes it. */
  async start(): Promise<void> {
    await this.look();
    this.#timer = setInterval(() => void this.look().catch(() => undefined), LOOK);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking.catch(() => undefined);
  }

  /** Brings this process up to date; looks wait for each other. */
  async look(): Promise<void> {
    this.#looking = this.#looking.catch(() => undefined).then(() => this.#look());
    await this.#looking;
  }

  async #look(): Promise<void> {
    const docs = await this.#store.authored.find().lean<AuthoredDoc[]>();
    const ids = new Set(docs.map(({ _id }) => _id));
    const { playgrounds } = this.#content.catalogue;
    // Folders changed: what is made of their playgrounds is read again.
    let changed = this.#ground !== playgrounds;
    if (changed) this.#loaded.clear();
    this.#ground = playgrounds;
    for (const id of this.#loaded.keys())
      if (!ids.has(id)) {
        this.#loaded.delete(id);
        changed = true;
      }
    for (const doc of docs) {
      if (this.#loaded.get(doc._id)?.doc.revision === doc.revision) continue;
      this.#loaded.set(doc._id, await this.#load(doc));
      changed = true;
    }
    if (!changed) return;
    const guards = this.#guards();
    const content = this.#content;
    // Asked each time: a folder that hides a stored item may come and go at any moment.
    this.#guard({
      get: (id) => {
        const [kind, name = ""] = id.split("/") as [ArticleKind, string];
        return content.shipped(kind, name) ? undefined : guards.get(id);
      },
    });
    this.#content.publish([...this.#loaded.values()].flatMap(({ item }) => (item ? [item] : [])));
  }

  async #load(doc: AuthoredDoc): Promise<Loaded> {
    const stored = new Map<string, Buffer>();
    for (const { path, sha256 } of doc.files) {
      const bytes = await this.blob(sha256);
      if (bytes) stored.set(path, bytes);
    }
    const problems: Problem[] = [];
    const { playgrounds } = this.#content.catalogue;
    const item = readItem(filesFrom("", stored), doc.name, doc.kind, playgrounds, problems);
    if (item) await this.#remember(doc, item, problems);
    return { doc, item, problems };
  }

  /** A revision that loaded is a version; the oldest go when there are too many. */
  async #remember(doc: AuthoredDoc, item: ContentItem, problems: Problem[]): Promise<void> {
    const id = `${doc._id}:${doc.revision}`;
    if (await this.#store.authoredVersions.findById(id).lean()) return;
    const known = await this.versions(doc._id);
    if (known[0]?.version === item.version) return;
    const version: AuthoredVersionDoc = {
      _id: id,
      item: doc._id,
      revision: doc.revision,
      version: item.version,
      at: doc.at,
      by: doc.handle,
      files: doc.files,
      problems: problems.slice(0, 60).map(told),
    };
    await this.#store.authoredVersions.updateOne({ _id: id }, { $set: version }, { upsert: true });
    const old = known.slice(AUTHORED.versions - 1).map(({ _id }) => _id);
    if (old.length) await this.#store.authoredVersions.deleteMany({ _id: { $in: old } });
  }

  /** Versions of an item, newest first. */
  async versions(id: string): Promise<AuthoredVersionDoc[]> {
    const all = await this.#store.authoredVersions.find({ item: id }).lean<AuthoredVersionDoc[]>();
    return all.sort((a, b) => b.revision - a.revision);
  }

  /** Who may do what with each item. Without an operator's word nobody but those named finds it. */
  #guards(): Map<string, Guarded> {
    return new Map(
      [...this.#loaded.values()].map(({ doc: { _id, handle, access, approved } }) => {
        const everybody = new Set(["anyone", "authenticated"]);
        const listed = (access.canList ?? []).filter((one) => approved || !everybody.has(one));
        return [_id, { owner: handle, lists: { ...access, canList: listed } }];
      }),
    );
  }

  /** The author's items, newest first; of one kind or all. */
  async of(viewer: Viewer, kind?: ArticleKind): Promise<AuthoredDoc[]> {
    const docs = await this.#store.authored.find({ owner: viewer.id }).lean<AuthoredDoc[]>();
    return docs.filter((doc) => !kind || doc.kind === kind).sort((a, b) => b.at - a.at);
  }

  /** An item of the viewer's own; operators may keep order in everybody's. */
  async own(viewer: Viewer, kind: ArticleKind, name: string): Promise<AuthoredDoc> {
    const doc = await this.#store.authored.findById(`${kind}/${name}`).lean<AuthoredDoc>();
    if (doc && (doc.owner === viewer.id || viewer.role === "operator")) return doc;
    throw failure(
      "NOT_FOUND",
      `You have no ${kind} called ${name}.`,
      `See what you have: ./agon content list`,
    );
  }

  async create(viewer: Viewer, kind: ArticleKind, name: string): Promise<AuthoredDoc> {
    if (!NAME.test(name) || name.length > 80)
      throw failure(
        "BAD_INPUT",
        `"${name.slice(0, 80)}" is no name.`,
        "Use lowercase letters, digits and dashes.",
      );
    if ((await this.of(viewer)).length >= AUTHORED.items)
      throw failure("LIMIT", `You have ${AUTHORED.items} items.`, "Remove one first.");
    if (this.#content.shipped(kind, name))
      throw failure("BAD_INPUT", `There is a ${kind} called ${name}.`, "Choose another name.");
    const now = Date.now();
    const doc: AuthoredDoc = {
      _id: `${kind}/${name}`,
      kind,
      name,
      owner: viewer.id,
      handle: viewer.handle,
      createdAt: now,
      at: now,
      revision: 1,
      files: [],
      access: draftAccess(),
      approved: false,
    };
    try {
      await this.#store.authored.collection.insertOne(doc as never);
    } catch (error) {
      if (!isDuplicate(error)) throw error;
      const known = await this.#store.authored.findById(doc._id).lean<AuthoredDoc>();
      if (known?.owner === viewer.id) return known;
      throw failure("BAD_INPUT", `There is a ${kind} called ${name}.`, "Choose another name.");
    }
    return doc;
  }

  async remove(viewer: Viewer, kind: ArticleKind, name: string): Promise<void> {
    const { _id } = await this.own(viewer, kind, name);
    await this.#store.authored.deleteOne({ _id });
    await this.#store.authoredVersions.deleteMany({ item: _id });
    await this.look();
  }

  /** Stores one file. @throws when a Markdown file is none that content can have. */
  async put(
    viewer: Viewer,
    kind: ArticleKind,
    name: string,
    path: string,
    bytes: Buffer,
  ): Promise<void> {
    if (!PATH.test(path) || path.split("/").some((part) => part === ".." || part === "."))
      throw failure("BAD_INPUT", `${path.slice(0, 100)} is no path.`, "Send paths in the folder.");
    if (bytes.length > AUTHORED.fileBytes)
      throw failure(
        "LIMIT",
        `${path} has ${bytes.length} bytes.`,
        `A file has at most ${AUTHORED.fileBytes}.`,
      );
    const doc = await this.own(viewer, kind, name);
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    if (path.endsWith(".md")) this.#checkMarkdown(path, bytes);
    await this.#store.authoredBlobs.updateOne(
      { _id: sha256 },
      { $set: { data: bytes, at: Date.now() } },
      { upsert: true },
    );
    const file: AuthoredFile = {
      path,
      sha256,
      md5: createHash("md5").update(bytes).digest("hex"),
      size: bytes.length,
    };
    await this.#change(doc._id, (files) => {
      const rest = files.filter((one) => one.path !== path);
      if (rest.length >= AUTHORED.files)
        throw failure("LIMIT", `An item has at most ${AUTHORED.files} files.`, "Leave some out.");
      if (rest.reduce((sum, one) => sum + one.size, file.size) > AUTHORED.bytes)
        throw failure("LIMIT", `An item has at most ${AUTHORED.bytes} bytes.`, "Leave some out.");
      return [...rest, file].sort((a, b) => (a.path < b.path ? -1 : 1));
    });
  }

  /** Refuses Markdown that cannot be read by itself; what else is wrong is told after the push. */
  #checkMarkdown(path: string, bytes: Buffer): void {
    const name = path.slice(path.lastIndexOf("/") + 1);
    const index = INDEX.test(name);
    const source = new Source(filesFrom("", new Map([[path, bytes]])), path, true, !index);
    const broken = source.problems.find(({ severity }) => severity === "error");
    const lost =
      `/${path}`.includes("/__static__/") ||
      !(
        index ||
        UNIT.test(name) ||
        SOLUTION.test(name) ||
        ["program.md", "README.md"].includes(name) ||
        source.data["kind"] === "unit"
      );
    if (broken)
      throw failure(
        "BAD_INPUT",
        `${path}:${broken.line}:${broken.column} ${broken.code} ${broken.message}.`,
        broken.fix,
      );
    if (lost)
      throw failure(
        "BAD_INPUT",
        `${path}:1:1 AG011 nothing uses this Markdown file.`,
        "Name it index.md, unit-NN.md or solution.md, or leave it out with .labctlignore.",
      );
  }

  async delete(viewer: Viewer, kind: ArticleKind, name: string, path: string): Promise<void> {
    const { _id } = await this.own(viewer, kind, name);
    await this.#change(_id, (files) => files.filter((one) => one.path !== path));
  }

  /** Pushes of several files come at once: each is tried again until nobody was faster. */
  async #change(id: string, change: (files: AuthoredFile[]) => AuthoredFile[]): Promise<void> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const doc = await this.#store.authored.findById(id).lean<AuthoredDoc>();
      if (!doc) throw failure("NOT_FOUND", "It was removed.", "Create it again.");
      const files = change(doc.files);
      const done = await this.#store.authored.updateOne(
        { _id: id, revision: doc.revision },
        { $set: { files, at: Date.now(), revision: doc.revision + 1 } },
      );
      if (done.modifiedCount) return;
    }
    throw failure("UNAVAILABLE", "Others change it, too.", "Try again in a moment.");
  }

  /** Sets lists of who may do what; those not given stay. */
  async setAccess(
    viewer: Viewer,
    kind: ArticleKind,
    name: string,
    lists: Record<string, unknown>,
    approved?: boolean,
  ): Promise<AuthoredDoc> {
    const doc = await this.own(viewer, kind, name);
    const access = { ...doc.access };
    for (const [key, list] of Object.entries(lists)) {
      const dimension = DIMENSIONS.find((one) => one === key);
      if (!dimension)
        throw failure(
          "BAD_INPUT",
          `There is no list ${key.slice(0, 40)}.`,
          `There are: ${DIMENSIONS.join(", ")}`,
        );
      if (!Array.isArray(list) || list.length === 0 || list.length > AUTHORED.principals)
        throw failure(
          "BAD_INPUT",
          `${dimension} must name 1 to ${AUTHORED.principals} principals.`,
          "Write owner, anyone, authenticated, nobody, github:NAME, user:ID …",
        );
      const wrong = list.find((one) => typeof one !== "string" || !isPrincipal(one));
      if (wrong !== undefined)
        throw failure(
          "BAD_INPUT",
          `"${String(wrong).slice(0, 60)}" is no principal.`,
          "Write owner, anyone, authenticated, nobody, github:NAME, user:ID …",
        );
      access[dimension] = [...new Set(list as string[])];
    }
    if (approved !== undefined && viewer.role !== "operator")
      throw failure("FORBIDDEN", "Only an operator approves content.", "Ask one.");
    await this.#store.authored.updateOne(
      { _id: doc._id },
      {
        $set: { access, at: Date.now(), ...(approved === undefined ? {} : { approved }) },
        $inc: { revision: 1 },
      },
    );
    await this.look();
    return { ...doc, access, approved: approved ?? doc.approved };
  }

  /** What is wrong with an item as it is stored now. */
  async problems(doc: AuthoredDoc): Promise<Problem[]> {
    await this.look();
    return (this.#loaded.get(doc._id)?.problems ?? []).map(told);
  }

  async blob(sha256: string): Promise<Buffer | null> {
    const found = await this.#store.authoredBlobs.findById(sha256).lean<AuthoredBlobDoc>();
    if (!found) return null;
    const data = found.data as Buffer | { buffer: Uint8Array };
    return Buffer.isBuffer(data) ? data : Buffer.from(data.buffer);
  }

  /** A public file of any stored item, by the 16 digits of its hash or by its name. */
  async publicFile(wanted: string): Promise<{ name: string; bytes: Buffer } | null> {
    for (const { doc } of this.#loaded.values())
      for (const { path, sha256 } of doc.files) {
        if (!`/${path}`.includes("/__static__/")) continue;
        const name = path.slice(path.lastIndexOf("/") + 1);
        if (!sha256.startsWith(wanted) && name !== wanted) continue;
        const bytes = await this.blob(sha256);
        if (bytes) return { name, bytes };
      }
    return null;
  }

  /** Forgets bytes that neither an item nor a version names, an hour after they came. Part of the sweep. */
  async clean(now = Date.now()): Promise<void> {
    if (now - this.#cleanedAt < 3600_000) return;
    this.#cleanedAt = now;
    const holders = [
      ...(await this.#store.authored.find().lean<AuthoredDoc[]>()),
      ...(await this.#store.authoredVersions.find().lean<AuthoredVersionDoc[]>()),
    ];
    const used = new Set(holders.flatMap(({ files }) => files.map(({ sha256 }) => sha256)));
    await this.#store.authoredBlobs.deleteMany({
      _id: { $nin: [...used] },
      at: { $lt: now - 3600_000 },
    });
  }
  #cleanedAt = 0;

  /** An item as clients of the REST interface get it. */
  view(doc: AuthoredDoc, publicUrl: string): Record<string, unknown> {
    const item = this.#loaded.get(doc._id)?.item;
    return {
      kind: doc.kind,
      name: doc.name,
      title: item?.title ?? doc.name,
      description: item?.description ?? "",
      createdAt: new Date(doc.createdAt).toISOString(),
      updatedAt: new Date(doc.at).toISOString(),
      pageUrl: `${publicUrl}/${PLURALS[doc.kind]}/${doc.name}`,
      categories: item?.categories ?? [],
      tags: item?.tags ?? [],
      authors: [{ userId: doc.owner, name: doc.handle, displayName: doc.handle, official: false }],
      version: item?.version ?? "",
      revision: doc.revision,
      access: doc.access,
      approved: doc.approved,
    };
  }
}

const told = ({ file, line, column, severity, code, message, fix }: Problem): Problem => ({
  file,
  line,
  column,
  severity,
  code,
  message,
  fix,
});
