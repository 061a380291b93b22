import { draftAccess } from "@agon/content/access";
import { filesFrom } from "@agon/content/files";
import { PLURALS, type Kind } from "@agon/content/kinds";
import type { AccessControl, Problem } from "@agon/content/model";
import { NAME } from "@agon/content/names";
import { manifestData } from "@agon/content/manifest";
import { withAccess } from "@agon/content/manifest-text";
import { checkedLists, ofPlayground } from "./authored-access.ts";
import { AuthoredBlobs } from "./authored-blobs.ts";
import { AuthoredShelf, told, VERSIONS } from "./authored-shelf.ts";
import { checkManifest, checkMarkdown, checkYaml, MANIFEST } from "./authored-checks.ts";
import type { Content } from "./content.ts";
import { versionOf } from "./entry.ts";
import { failure } from "./failure.ts";
import type { Lists } from "./library.ts";
import type { AuthoredDoc, AuthoredFile, AuthoredVersionDoc } from "./models/authored.ts";
import { isDuplicate, type Store } from "./models/store.ts";
import type { Viewer } from "./viewer.ts";

/** Bounds of one item, of one author's items, and of what is remembered of an item. */
export const AUTHORED = {
  items: 200,
  files: 1000,
  fileBytes: 12_000_000,
  bytes: 100_000_000,
  versions: VERSIONS,
} as const;

const PATH = /^[^/\0]+(?:\/[^/\0]+){0,11}$/;
/** How often a change is tried again that others overtook. */
const ATTEMPTS = 50;

/** Content that authors store in the arena: files, lists of who may do what, and versions. */
export class Authored {
  readonly #store: Store;
  readonly #content: Content;
  readonly #blobs: AuthoredBlobs;
  readonly #shelf: AuthoredShelf;

  /**
   * @param guard is given the lists of all items whenever one changes.
   * @param read is given each item that was read anew or is gone, once it is offered that way.
   */
  constructor(
    store: Store,
    content: Content,
    guard: (lists: Lists) => void,
    read: (id: string) => void,
  ) {
    this.#store = store;
    this.#content = content;
    this.#blobs = new AuthoredBlobs(store);
    this.#shelf = new AuthoredShelf(store, content, this.#blobs, guard, read);
  }

  /** Loads what is stored, and again whenever any process changes it. */
  start(): Promise<void> {
    return this.#shelf.start();
  }

  close(): Promise<void> {
    return this.#shelf.close();
  }

  /** Brings this process up to date. */
  look(): Promise<void> {
    return this.#shelf.look();
  }

  /** Brings this process up to date with an item of somebody who may have changed it a moment ago. */
  async lookFor(viewer: Viewer | null, kind: string, name: string): Promise<void> {
    if (viewer?.role !== "author" && viewer?.role !== "operator") return;
    const id = `${kind}/${name}`;
    const doc = await this.#store.authored.findById(id).lean<AuthoredDoc>();
    if (doc?.revision !== this.#shelf.of(id)?.doc.revision) await this.look();
  }

  /** What of an item is on the shelf: whether it loads, and what is wrong with it. */
  shown(doc: AuthoredDoc): { revision: number; loaded: boolean; problems: Problem[] } {
    const known = this.#shelf.of(doc._id);
    return {
      revision: known?.doc.revision ?? 0,
      loaded: Boolean(known?.item ?? known?.playground),
      problems: (known?.problems ?? []).map(told),
    };
  }

  /** Versions of an item, newest first. */
  versions(id: string): Promise<AuthoredVersionDoc[]> {
    return this.#shelf.versions(id);
  }

  /** The lists of an item: those of a playground stand in its manifest (spec 9). */
  accessOf(doc: AuthoredDoc): AccessControl {
    return this.#shelf.accessOf(doc);
  }

  blob(sha256: string): Promise<Buffer | null> {
    return this.#blobs.read(sha256);
  }

  /** Forgets bytes that nothing names. Part of the sweep. */
  clean(now?: number): Promise<void> {
    return this.#blobs.clean(now);
  }

  /** The author's items, newest first; of one kind or all. */
  async of(viewer: Viewer, kind?: Kind): Promise<AuthoredDoc[]> {
    const docs = await this.#store.authored.find({ owner: viewer.id }).lean<AuthoredDoc[]>();
    return docs.filter((doc) => !kind || doc.kind === kind).sort((a, b) => b.at - a.at);
  }

  /** An item of anybody's, as it is stored now. */
  async find(kind: Kind, name: string): Promise<AuthoredDoc | null> {
    return this.#store.authored.findById(`${kind}/${name}`).lean<AuthoredDoc>();
  }

  /** An item of anybody's, as it was last looked at; undefined = it is not stored here. */
  docOf(id: string): AuthoredDoc | undefined {
    return this.#shelf.of(id)?.doc;
  }

  /** An item of the viewer's own; operators may keep order in everybody's. */
  async own(viewer: Viewer, kind: Kind, name: string): Promise<AuthoredDoc> {
    const doc = await this.#store.authored.findById(`${kind}/${name}`).lean<AuthoredDoc>();
    if (doc && (doc.owner === viewer.id || viewer.role === "operator")) return doc;
    throw failure(
      "NOT_FOUND",
      `You have no ${kind} called ${name}.`,
      `See what you have: ./agon content list`,
    );
  }

  /** What a playground's manifest says, as data. */
  async manifestData(viewer: Viewer, name: string): Promise<Record<string, unknown>> {
    const doc = await this.own(viewer, "playground", name);
    return manifestData(filesFrom("", await this.#blobs.all(doc.files)));
  }

  /** The text of a playground's manifest; empty when there is none. */
  async manifestText(viewer: Viewer, name: string): Promise<string> {
    const doc = await this.own(viewer, "playground", name);
    const file = doc.files.find(({ path }) => MANIFEST.test(path));
    return (file && (await this.blob(file.sha256))?.toString("utf8")) ?? "";
  }

  /**
   * Stores a manifest as a whole, made anew or over what is there. @throws its first error, with its
   * place: what is stored this way always loads.
   */
  async savePlayground(
    viewer: Viewer,
    name: string,
    text: string,
    how: "create" | "update",
  ): Promise<AuthoredDoc> {
    const known = await this.find("playground", name);
    if (how === "create" && known)
      throw failure("BAD_INPUT", `There is a playground called ${name}.`, "Choose another name.");
    const before = how === "create" ? null : await this.own(viewer, "playground", name);
    const bytes = Buffer.from(text);
    const path = before?.files.find((file) => MANIFEST.test(file.path))?.path ?? "manifest.yaml";
    const files = await this.#blobs.all(before?.files ?? []);
    checkManifest(new Map([...files, [path, bytes]]), path, this.#content.playgroundsFor(viewer));
    const doc = before ?? (await this.create(viewer, "playground", name));
    await this.put(viewer, "playground", doc.name, path, bytes);
    await this.look();
    return doc;
  }

  async create(viewer: Viewer, kind: Kind, name: string): Promise<AuthoredDoc> {
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
      access: kind === "playground" ? ofPlayground(draftAccess()) : draftAccess(),
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

  async remove(viewer: Viewer, kind: Kind, name: string): Promise<void> {
    const { _id } = await this.own(viewer, kind, name);
    await this.#store.authored.deleteOne({ _id });
    await this.#store.authoredVersions.deleteMany({ item: _id });
    await this.look();
  }

  /**
   * Stores one file. @throws when a Markdown file is none that content can have, unless it is taken `asIs`:
   * then what is wrong with it is told as that of all else.
   */
  async put(
    viewer: Viewer,
    kind: Kind,
    name: string,
    path: string,
    bytes: Buffer,
    asIs = false,
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
    if (path.endsWith(".md") && !asIs) checkMarkdown(kind, path, bytes);
    if (kind === "playground" && MANIFEST.test(path)) checkYaml(path, bytes);
    const file = await this.#blobs.keep(path, bytes);
    await this.#change(doc._id, (files) => {
      const rest = files.filter((one) => one.path !== path);
      if (rest.length >= AUTHORED.files)
        throw failure("LIMIT", `An item has at most ${AUTHORED.files} files.`, "Leave some out.");
      if (rest.reduce((sum, one) => sum + one.size, file.size) > AUTHORED.bytes)
        throw failure("LIMIT", `An item has at most ${AUTHORED.bytes} bytes.`, "Leave some out.");
      return [...rest, file].sort((a, b) => (a.path < b.path ? -1 : 1));
    });
  }

  async delete(viewer: Viewer, kind: Kind, name: string, path: string): Promise<void> {
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
    kind: Kind,
    name: string,
    lists: Record<string, unknown>,
    approved?: boolean,
  ): Promise<AuthoredDoc> {
    const doc = await this.own(viewer, kind, name);
    const access = { ...this.accessOf(doc), ...checkedLists(kind, lists) };
    if (approved !== undefined && viewer.role !== "operator")
      throw failure("FORBIDDEN", "Only an operator approves content.", "Ask one.");
    // What a playground's manifest says counts: it is told there.
    if (kind === "playground" && Object.keys(lists).length)
      await this.#writeAccess(viewer, doc, access);
    await this.#store.authored.updateOne(
      { _id: doc._id },
      {
        $set: { access, at: Date.now(), ...(approved === undefined ? {} : { approved }) },
        $inc: { revision: 1 },
      },
    );
    await this.look();
    return (await this.#store.authored.findById(doc._id).lean<AuthoredDoc>()) ?? doc;
  }

  async #writeAccess(viewer: Viewer, doc: AuthoredDoc, access: AccessControl): Promise<void> {
    const file = doc.files.find(({ path }) => MANIFEST.test(path));
    const bytes = file && (await this.blob(file.sha256));
    if (!bytes) return;
    const text = withAccess(bytes.toString("utf8"), access);
    if (text === undefined)
      throw failure("BAD_INPUT", `${file.path} cannot be read.`, "Put it right first.");
    await this.put(viewer, doc.kind, doc.name, file.path, Buffer.from(text));
  }

  /** What is wrong with an item as it is stored now. */
  async problems(doc: AuthoredDoc): Promise<Problem[]> {
    await this.look();
    return (this.#shelf.of(doc._id)?.problems ?? []).map(told);
  }

  /** A public file of any stored item, by the 16 digits of its hash or by its name. */
  async publicFile(wanted: string): Promise<{ name: string; bytes: Buffer } | null> {
    for (const doc of this.#shelf.docs())
      for (const { path, sha256 } of doc.files) {
        if (!`/${path}`.includes("/__static__/")) continue;
        const name = path.slice(path.lastIndexOf("/") + 1);
        if (!sha256.startsWith(wanted) && name !== wanted) continue;
        const bytes = await this.blob(sha256);
        if (bytes) return { name, bytes };
      }
    return null;
  }

  /** An item as clients of the REST interface get it. */
  view(doc: AuthoredDoc, publicUrl: string): Record<string, unknown> {
    const { item, playground } = this.#shelf.of(doc._id) ?? {};
    return {
      kind: doc.kind,
      name: doc.name,
      title: item?.title ?? playground?.title ?? doc.name,
      description: item?.description ?? playground?.description ?? "",
      createdAt: new Date(doc.createdAt).toISOString(),
      updatedAt: new Date(doc.at).toISOString(),
      pageUrl: `${publicUrl}/${PLURALS[doc.kind]}/${doc.name}`,
      categories: item?.categories ?? playground?.categories ?? [],
      tags: item?.tags ?? [],
      authors: [{ userId: doc.owner, name: doc.handle, displayName: doc.handle, official: false }],
      version: item?.version ?? (playground ? versionOf(playground) : ""),
      revision: doc.revision,
      access: this.accessOf(doc),
      approved: doc.approved,
    };
  }
}
