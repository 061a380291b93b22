import { cpSync, mkdirSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import type { Catalogue } from "../src/model.ts";
import { watchCatalogue } from "../src/watch.ts";
import { folderWith, shippedPlaygrounds } from "./folders.ts";

test("a challenge copied in appears, and one removed goes", async () => {
  using folder = folderWith({ "content/.keep": "" });
  const content = join(folder.path, "content");
  mkdirSync(content, { recursive: true });
  let seen: Catalogue | undefined;
  const watch = await watchCatalogue(content, shippedPlaygrounds, undefined, (catalogue) => {
    seen = catalogue;
  });
  try {
    const shipped = resolve(import.meta.dirname, "../../../challenges/rescue-the-web-server");
    cpSync(shipped, join(content, "copied"), { recursive: true });
    await expect
      .poll(() => seen?.challenges.get("copied")?.scripts[".solution.sh"], { timeout: 60_000 })
      .toBeTruthy();
    rmSync(join(content, "copied"), { recursive: true });
    await expect.poll(() => seen?.challenges.has("copied"), { timeout: 60_000 }).toBe(false);
  } finally {
    await watch.close();
  }
});
