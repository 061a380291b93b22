import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { until } from "@agon/testing/until";
import { contentDir } from "./content.ts";
import { ask } from "./graphql.ts";

/** Waits until the arena knows a challenge that was written into the folder that it watches. */
export async function isPublished(name: string): Promise<void> {
  const known = "query($n: String!) { challenge(name: $n) { name } }";
  await until(
    `${name} is published`,
    async () =>
      (
        await ask<{ challenge: { name: string } | null }>(known, { n: name }).catch(() => ({
          challenge: null,
        }))
      ).challenge?.name === name,
    100,
  );
}

/** A challenge of one test file: its text is written into the watched folder, and gone at the end. */
export class OwnChallenge implements Disposable {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Writes it and waits until the arena shows it. */
  static async publish(name: string, index: string): Promise<OwnChallenge> {
    const folder = join(contentDir, name);
    mkdirSync(folder);
    writeFileSync(join(folder, "index.md"), index);
    const own = new OwnChallenge(folder);
    await isPublished(name).catch((error: unknown) => {
      own[Symbol.dispose]();
      throw error;
    });
    return own;
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
