import { createHash } from "node:crypto";
import { failure } from "./failure.ts";
import type { DraftBlobDoc, DraftDoc, Store } from "./models/store.ts";

/** Bounds of one draft, and of one author's drafts. */
export const DRAFT = { files: 300, bytes: 24_000_000, drafts: 30, problems: 60 } as const;
const NAME = /^[a-z0-9][a-z0-9-]{0,63}$/;
const PATH = /^[^/\0]+(\/[^/\0]+){0,8}$/;
const SHA = /^[0-9a-f]{64}$/;

/** A file of a pushed folder; without content it must be known by its hash already. */
export interface PushedFile {
  path: string;
  sha256: string;
  /** Base64. */
  content?: string;
}

/**
 * Checks what was pushed as a folder.
 * @returns the contents that came with it, by their hash.
 */
export function sentContents(name: string, files: PushedFile[]): Map<string, Buffer> {
  const wrong = (what: string) => failure("BAD_INPUT", what, "Send the folder as it is on disk.");
  if (!NAME.test(name))
    throw failure(
      "BAD_INPUT",
      `${name.slice(0, 80)} cannot be the name of content.`,
      "Name the folder with lower-case letters, digits and dashes.",
    );
  if (!Array.isArray(files)) throw wrong("There is no list of files.");
  if (files.length > DRAFT.files)
    throw failure("LIMIT", `A draft has at most ${DRAFT.files} files.`, "Leave some out.");
  const bytes = new Map<string, Buffer>();
  let total = 0;
  const paths = new Set<string>();
  for (const { path, sha256, content } of files) {
    if (typeof path !== "string" || !PATH.test(path) || path.split("/").includes(".."))
      throw wrong(`${String(path).slice(0, 100)} is no path in a folder.`);
    if (paths.has(path)) throw wrong(`${path.slice(0, 100)} is there twice.`);
    paths.add(path);
    if (!SHA.test(sha256)) throw wrong("A file has no hash.");
    if (content === undefined) continue;
    const data = Buffer.from(content, "base64");
    total += data.length;
    if (createHash("sha256").update(data).digest("hex") !== sha256)
      throw wrong(`${path.slice(0, 100)} is not what its hash says.`);
    bytes.set(sha256, data);
  }
  if (total > DRAFT.bytes)
    throw failure("LIMIT", `A draft has at most ${DRAFT.bytes} bytes.`, "Leave large files out.");
  return bytes;
}

/** Contents of the files of drafts, each kept once, by its hash. */
export class DraftFiles {
  readonly #store: Store;
  #cleanedAt = 0;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Stores what was sent, adds what was not. @returns hashes that nobody has. */
  async take(bytes: Map<string, Buffer>, files: PushedFile[]): Promise<string[]> {
    const at = Date.now();
    for (const [sha, data] of bytes)
      await this.#store.draftBlobs.updateOne(
        { _id: sha },
        { $set: { data, at } },
        { upsert: true },
      );
    const others = [...new Set(files.map(({ sha256 }) => sha256))].filter((sha) => !bytes.has(sha));
    const missing: string[] = [];
    for (const sha of others) {
      const data = await this.of(sha);
      if (data) bytes.set(sha, data);
      else missing.push(sha);
    }
    if (others.length)
      await this.#store.draftBlobs.updateMany({ _id: { $in: others } }, { $set: { at } });
    return missing;
  }

  async of(sha: string): Promise<Buffer | null> {
    const found = await this.#store.draftBlobs.findById(sha).lean<DraftBlobDoc>();
    if (!found) return null;
    const data = found.data as Buffer | { buffer: Uint8Array };
    return Buffer.isBuffer(data) ? data : Buffer.from(data.buffer);
  }

  /** Forgets files that no draft has any more, an hour after their last use. */
  async clean(now = Date.now()): Promise<void> {
    if (now - this.#cleanedAt < 3600_000) return;
    this.#cleanedAt = now;
    const drafts = await this.#store.drafts.find().lean<DraftDoc[]>();
    const used = drafts.flatMap(({ files }) => files.map(({ sha256 }) => sha256));
    await this.#store.draftBlobs.deleteMany({
      _id: { $nin: [...new Set(used)] },
      at: { $lt: now - 3600_000 },
    });
  }
}
