import { createHash } from "node:crypto";
import type {
  AuthoredBlobDoc,
  AuthoredDoc,
  AuthoredFile,
  AuthoredVersionDoc,
} from "./models/authored.ts";
import type { Store } from "./models/store.ts";

/** Milliseconds for which bytes stay that nothing names: an upload's file may be named a moment later. */
const GRACE = 3600_000;

/** Bytes of stored content's files, by their hash: the same bytes are stored once. */
export class AuthoredBlobs {
  readonly #store: Store;
  #cleanedAt = 0;

  constructor(store: Store) {
    this.#store = store;
  }

  async keep(path: string, bytes: Buffer): Promise<AuthoredFile> {
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    await this.#store.authoredBlobs.updateOne(
      { _id: sha256 },
      { $set: { data: bytes, at: Date.now() } },
      { upsert: true },
    );
    const md5 = createHash("md5").update(bytes).digest("hex");
    return { path, sha256, md5, size: bytes.length };
  }

  async read(sha256: string): Promise<Buffer | null> {
    const found = await this.#store.authoredBlobs.findById(sha256).lean<AuthoredBlobDoc>();
    if (!found) return null;
    const data = found.data as Buffer | { buffer: Uint8Array };
    return Buffer.isBuffer(data) ? data : Buffer.from(data.buffer);
  }

  /** The files of an item with their bytes; those that got lost are left out. */
  async all(files: readonly AuthoredFile[]): Promise<Map<string, Buffer>> {
    const found = new Map<string, Buffer>();
    for (const { path, sha256 } of files) {
      const bytes = await this.read(sha256);
      if (bytes) found.set(path, bytes);
    }
    return found;
  }

  /** Forgets bytes that neither an item nor a version names, an hour after they came. Part of the sweep. */
  async clean(now = Date.now()): Promise<void> {
    if (now - this.#cleanedAt < GRACE) return;
    this.#cleanedAt = now;
    const holders = [
      ...(await this.#store.authored.find().lean<AuthoredDoc[]>()),
      ...(await this.#store.authoredVersions.find().lean<AuthoredVersionDoc[]>()),
    ];
    const used = new Set(holders.flatMap(({ files }) => files.map(({ sha256 }) => sha256)));
    await this.#store.authoredBlobs.deleteMany({
      _id: { $nin: [...used] },
      at: { $lt: now - GRACE },
    });
  }
}
