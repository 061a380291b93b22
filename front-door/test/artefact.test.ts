import { mkdtempSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";

let module: typeof import("../src/artefact.ts");
beforeAll(async () => {
  process.env["AGON_CACHE"] = mkdtempSync(join(tmpdir(), "agon-cache-"));
  module = await import("../src/artefact.ts");
});

test("a digest changes with a name and with content", () => {
  const base = mkdtempSync(join(tmpdir(), "agon-digest-"));
  writeFileSync(join(base, "a"), "1");
  const first = module.digestOf(base, ["."]);
  expect(module.digestOf(base, ["."])).toBe(first);
  writeFileSync(join(base, "a"), "2");
  expect(module.digestOf(base, ["."])).not.toBe(first);
});

test("an artefact is built once; a build that fails leaves nothing", async () => {
  await expect(
    module.artefact("thing", "d1", async (out) => {
      mkdirSync(out);
      throw new Error("broken");
    }),
  ).rejects.toThrow("broken");
  let built = 0;
  const build = async (out: string) => {
    built++;
    mkdirSync(out);
    writeFileSync(join(out, "x"), "made");
  };
  const path = await module.artefact("thing", "d1", build);
  expect(await module.artefact("thing", "d1", build)).toBe(path);
  expect(readFileSync(join(path, "x"), "utf8")).toBe("made");
  expect(built).toBe(1);
});
