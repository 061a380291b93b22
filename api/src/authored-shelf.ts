import { filesFrom } from "@agon/content/files";
import { readItem } from "@agon/content/item";
import type { Kind } from "@agon/content/kinds";
import { afterBases, manifestNames, manifestOf, readPlayground } from "@agon/content/manifest";
import type { AccessControl, ContentItem, Part, Playground, Problem } from "@agon/content/model";
import type { Guarded } from "./access.ts";
import type { AuthoredBlobs } from "./authored-blobs.ts";
import type { Content } from "./content.ts";
import { versionOf } from "./entry.ts";
import type { Lists } from "./library.ts";
import type { AuthoredDoc, AuthoredVersionDoc } from "./models/authored.ts";
import type { Store } from "./models/store.ts";
import type { Viewer } from "./viewer.ts";

/** Milliseconds between looks at what other processes stored. */
const LOOK = 3_000;
/** Versions that are remembered of an item. */
export const VERSIONS = 50;

/** A stored item as it loaded; an item or a playground, or neither when something is wrong. */
interface Loaded {
  doc: AuthoredDoc;
  item?: ContentItem | undefined;
  playground?: Playground | undefined;
  problems: Problem[];
}

/** What is stored, as it loads: offered beside the folders, and again whenever any process changes it. */
export class AuthoredShelf {
  readonly #store: Store;
  readonly #content: Content;
  readonly #blobs: AuthoredBlobs;
  readonly #guard: (lists: Lists) => void;
  readonly #read: (id: string) => void;
  readonly #loaded = new Map<string, Loaded>();
  #ground: ReadonlyMap<string, Playground> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #looking = Promise.resolve();

  /**
   * @param guard is given the lists of all items whenever one changes.
   * @param read is given each item that was read anew or is gone, once it is offered that way.
   */
  constructor(
    store: Store,
    content: Content,
    blobs: AuthoredBlobs,
    guard: (lists: Lists) => void,
    read: (id: string) => void,
  ) {
    this.#store = store;
    this.#content = content;
    this.#blobs = blobs;
    this.#guard = guard;
    this.#read = read;
  }

  async start(): Promise<void> {
    await this.look();
    this.#timer = setInterval(() => void this.look().catch(() => undefined), LOOK);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking.catch(() => undefined);
  }

  of(id: string): Readonly<Loaded> | undefined {
    return this.#loaded.get(id);
  }

  /** Documents as they were last looked at. */
  docs(): AuthoredDoc[] {
    return [...this.#loaded.values()].map(({ doc }) => doc);
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
    /** Names of stored playgrounds that came, went or changed. */
    const moved = new Set<string>();
    const news: string[] = [];
    for (const [id, { doc }] of this.#loaded)
      if (!ids.has(id)) {
        this.#loaded.delete(id);
        news.push(id);
        if (doc.kind === "playground") moved.add(doc.name);
        changed = true;
      }
    const isNew = (doc: AuthoredDoc) => this.#loaded.get(doc._id)?.doc.revision !== doc.revision;
    if (await this.#readPlaygrounds(docs, isNew, moved)) changed = true;
    for (const doc of docs) {
      if (doc.kind === "playground") continue;
      if (!isNew(doc) && !(moved.size && dependsOn(this.#loaded.get(doc._id)!, moved))) continue;
      this.#loaded.set(doc._id, await this.#readItem(doc));
      news.push(doc._id);
      changed = true;
    }
    if (!changed) return;
    this.#publish();
    const guards = this.#guards();
    const content = this.#content;
    // Asked each time: a folder that hides a stored item may come and go at any moment.
    this.#guard({
      get: (id) => {
        const [kind, name = ""] = id.split("/") as [Kind, string];
        return content.shipped(kind, name) ? undefined : guards.get(id);
      },
    });
    // What was there before is no news.
    if (this.#timer) for (const id of news) this.#read(id);
  }

  /** Playgrounds come first, each after its base. @returns whether any was read. */
  async #readPlaygrounds(
    docs: AuthoredDoc[],
    isNew: (doc: AuthoredDoc) => boolean,
    moved: Set<string>,
  ): Promise<boolean> {
    const all = docs.filter(({ kind }) => kind === "playground");
    for (const doc of all) if (isNew(doc)) moved.add(doc.name);
    if (moved.size === 0) return false;
    const found = [];
    for (const doc of all) {
      const files = filesFrom("", await this.#blobs.all(doc.files));
      found.push({ doc, files, name: doc.name, base: manifestNames(files).base });
    }
    const derived = found.some(({ base }) => base);
    for (const { doc, files, base } of afterBases(found)) {
      // What has a base is read again with any: there are few.
      if (!isNew(doc) && !base) continue;
      const problems: Problem[] = [];
      const bases = this.#content.playgroundsFor(ownerOf(doc));
      const read = readPlayground(files, problems, bases);
      const playground = read && { ...read, name: doc.name };
      if (read && read.name !== doc.name)
        problems.push({
          file: "manifest.yaml",
          line: 1,
          column: 1,
          severity: "warning",
          code: "AG045",
          message: `the manifest calls itself ${read.name}, and it is stored as ${doc.name}`,
          fix: `write name: ${doc.name}`,
        });
      if (doc.files.length && !manifestOf(files))
        problems.push({
          file: "manifest.yaml",
          line: 1,
          column: 1,
          severity: "error",
          code: "AG045",
          message: "there is no manifest.yaml",
          fix: "add it: docs/playgrounds.md says what it holds",
        });
      this.#loaded.set(doc._id, { doc, playground, problems });
      moved.add(doc.name);
      if (playground) await this.#remember(doc, versionOf(playground), problems);
      // What follows may be derived from it.
      if (derived) this.#publish();
    }
    return true;
  }

  async #readItem(doc: AuthoredDoc): Promise<Loaded> {
    const problems: Problem[] = [];
    const bases = this.#content.playgroundsFor(ownerOf(doc));
    const files = filesFrom("", await this.#blobs.all(doc.files));
    const item =
      doc.kind === "playground" ? undefined : readItem(files, doc.name, doc.kind, bases, problems);
    if (item) await this.#remember(doc, item.version, problems);
    return { doc, item, problems };
  }

  #publish(): void {
    const all = [...this.#loaded.values()];
    this.#content.publish(
      all.flatMap(({ item }) => (item ? [item] : [])),
      all.flatMap(({ doc, playground }) =>
        playground ? [{ playground, guarded: this.#guarded(doc) }] : [],
      ),
    );
  }

  /** A revision that loaded is a version; the oldest go when there are too many. */
  async #remember(doc: AuthoredDoc, hash: string, problems: Problem[]): Promise<void> {
    const id = `${doc._id}:${doc.revision}`;
    if (await this.#store.authoredVersions.findById(id).lean()) return;
    const known = await this.versions(doc._id);
    if (known[0]?.version === hash) return;
    const version: AuthoredVersionDoc = {
      _id: id,
      item: doc._id,
      revision: doc.revision,
      version: hash,
      at: doc.at,
      by: doc.handle,
      files: doc.files,
      problems: problems.slice(0, 60).map(told),
    };
    await this.#store.authoredVersions.updateOne({ _id: id }, { $set: version }, { upsert: true });
    const old = known.slice(VERSIONS - 1).map(({ _id }) => _id);
    if (old.length) await this.#store.authoredVersions.deleteMany({ _id: { $in: old } });
  }

  /** Versions of an item, newest first. */
  async versions(id: string): Promise<AuthoredVersionDoc[]> {
    const all = await this.#store.authoredVersions.find({ item: id }).lean<AuthoredVersionDoc[]>();
    return all.sort((a, b) => b.revision - a.revision);
  }

  /** The lists of an item: those of a playground stand in its manifest (spec 9). */
  accessOf(doc: AuthoredDoc): AccessControl {
    const manifest = this.#loaded.get(doc._id)?.playground?.accessControl;
    return doc.kind === "playground" ? { ...doc.access, ...manifest } : doc.access;
  }

  #guarded(doc: AuthoredDoc): Guarded {
    const access = this.accessOf(doc);
    const everybody = new Set(["anyone", "authenticated"]);
    const listed = (access.canList ?? []).filter((one) => doc.approved || !everybody.has(one));
    return { owner: doc.handle, lists: { ...access, canList: listed } };
  }

  /** Who may do what with each item. Without an operator's word nobody but those named finds it. */
  #guards(): Map<string, Guarded> {
    return new Map([...this.#loaded.values()].map(({ doc }) => [doc._id, this.#guarded(doc)]));
  }
}

/** The author of an item, as somebody who asks for playgrounds. */
const ownerOf = ({ owner, handle }: AuthoredDoc): Viewer => ({
  id: owner,
  handle,
  name: handle,
  email: "",
  role: "author",
  createdAt: 0,
});

/** Whether an item is made of one of these playgrounds, or may be once one of them is there. */
function dependsOn({ item, problems }: Loaded, names: ReadonlySet<string>): boolean {
  if (!item || problems.some(({ code }) => code === "AG030")) return true;
  const made = (of: { playground: Playground | null; parts: Part[] }): boolean =>
    (of.playground !== null && names.has(of.playground.name)) || of.parts.some(made);
  return made(item);
}

/** A problem as it is told and kept, without what only its place needs. */
export const told = (problem: Problem): Problem => {
  const { file, line, column, severity, code, message, fix, excerpt } = problem;
  const path = file.replace(/^\/+/, "");
  return { file: path, line, column, severity, code, message, fix, ...(excerpt && { excerpt }) };
};
