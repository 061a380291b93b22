import { createHash } from "node:crypto";
import { filesOnDisk } from "@agon/content/files";
import type { Problem } from "@agon/content/model";
import type { Arena } from "./arena.ts";
import { isEditorsOwn } from "./editor-files.ts";

/** What a push did (api/src/drafts.ts). */
export interface Pushed {
  version: string;
  loaded: boolean;
  problems: Problem[];
  play: string | null;
  fresh: string[];
  added: string[];
  restarted: string[];
  removed: string[];
  late: string;
}
/** One content folder on disk and what the arena has of it. */
export class Folder {
  readonly path: string;
  readonly name: string;
  /** The lesson or unit of it that is played; empty = it is played itself. */
  readonly part: string;
  /** Hashes of contents that the arena holds. */
  readonly #held = new Set<string>();
  #last = "";

  constructor(path: string, name: string, part = "") {
    this.path = path;
    this.name = name;
    this.part = part;
  }

  /**
   * Sends the folder as it is now; only contents that the arena lacks travel.
   * @param always also when nothing changed since the last time.
   * @returns what became of it and which files changed, or undefined when nothing did.
   */
  async push(
    arena: Arena,
    always: boolean,
  ): Promise<{ pushed: Pushed; changed: string[] } | undefined> {
    const disk = filesOnDisk(this.path);
    const contents = new Map<string, Buffer>();
    const files = disk.paths
      .filter((path) => !isEditorsOwn(path))
      .map((path) => {
        const data = disk.read(path);
        const sha256 = createHash("sha256").update(data).digest("hex");
        contents.set(sha256, data);
        return { path, sha256 };
      });
    const now = JSON.stringify(files);
    if (now === this.#last && !always) return undefined;
    const before = new Set(
      (JSON.parse(this.#last || "[]") as typeof files).map(
        ({ path, sha256 }) => `${path} ${sha256}`,
      ),
    );
    const changed = files.filter(({ path, sha256 }) => !before.has(`${path} ${sha256}`));
    for (let attempt = 0; ; attempt++) {
      const { status, answer } = await arena.send<Pushed | { missing: string[] }>(
        `/api/drafts/${this.name}`,
        {
          part: this.part,
          files: files.map((file) =>
            this.#held.has(file.sha256)
              ? file
              : { ...file, content: contents.get(file.sha256)!.toString("base64") },
          ),
        },
      );
      if (status === 409 && "missing" in answer && attempt < 3) {
        for (const sha of answer.missing) this.#held.delete(sha);
        continue;
      }
      this.#held.clear();
      for (const { sha256 } of files) this.#held.add(sha256);
      this.#last = now;
      return { pushed: answer as Pushed, changed: changed.map(({ path }) => path) };
    }
  }
}
