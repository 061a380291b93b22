import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { loadCatalogue } from "@agon/content/load";
import type { Catalogue } from "@agon/content/model";
import { serviceLog } from "@agon/daemon/log";

const mongo = process.env["AGON_TEST_MONGO_URL"];
const redisUrl = process.env["AGON_TEST_REDIS_URL"];
if (!mongo || !redisUrl) throw new Error("./agon test --only api sets AGON_TEST_MONGO_URL");

/** What the services under test tell; LOG_LEVEL shows more. */
export const log = serviceLog("api-test");
log.level = process.env["LOG_LEVEL"] ?? "error";

/** Settings of an arena that one test file has for itself; `run` makes names of it unique. */
export function ownArena(name: string) {
  const run = randomBytes(4).toString("hex");
  const common = {
    port: 0,
    mongoUrl: `${mongo!.replace(/\/$/, "")}/agon-${name}-${run}`,
    redisUrl: redisUrl!,
    arena: `${name}-${run}`,
    secret: "a secret of the tests only, long enough",
    publicUrl: "http://127.0.0.1:3000",
  };
  return { run, common };
}

/** A folder with content that a test writes, beside the playgrounds that are shipped. */
export class ContentFolder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), "agon-api-"));

  /** An article with a title, a category and a tag; `matter` is the rest of its front matter. */
  write(path: string, matter: string, body: string): void {
    const file = join(this.path, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(
      file,
      `---\ntitle: A title of ten letters\ndescription: Words\ncategories: [linux]\ntagz: [a]\ncreatedAt: 2026-01-01\n${matter}\n---\n${body}`,
    );
  }

  load(): Promise<Catalogue> {
    return loadCatalogue(
      join(this.path, "challenges"),
      join(import.meta.dirname, "../../playgrounds"),
      join(this.path, "content"),
    );
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
