import {
  existsSync,
  mkdtempSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "agon-artefact-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const HOUR = 3_600_000;

let module: typeof import("../src/artefact.ts");
beforeAll(async () => {
  process.env["AGON_CACHE"] = join(folder, "cache");
  module = await import("../src/artefact.ts");
});

test("a digest changes with a name and with content", () => {
  const base = mkdtempSync(join(folder, "digest-"));
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

/** Versions of an artefact in the cache, with the hours since each was used. */
function versions(kind: string, used: Record<string, number>): (name: string) => string {
  const at = (name: string) => join(process.env["AGON_CACHE"]!, kind, name);
  for (const [name, hours] of Object.entries(used)) {
    mkdirSync(at(name), { recursive: true });
    utimesSync(at(name), new Date(), new Date(Date.now() - hours * HOUR));
  }
  return at;
}

test("a nearly full disk gets older versions of artefacts back, and nothing else", () => {
  const images = versions("image-debian-12", { newest: 4, lately: 1, older: 5, oldest: 90 });
  const others = versions("microvm-templates", { older: 5, oldest: 90 });
  const kept = () =>
    ["newest", "lately", "older", "oldest"].filter((name) => existsSync(images(name)));
  process.env["AGON_FREE_GIB"] = "0";
  module.freeRoom();
  expect(kept()).toEqual(["newest", "lately", "older", "oldest"]);
  process.env["AGON_FREE_GIB"] = "999999";
  // What an arena that runs stands on, wherever its plan names it.
  module.touch(
    JSON.stringify({ env: { IMAGES: JSON.stringify({ a: `${images("older")}/x.raw` }) } }),
  );
  module.freeRoom();
  delete process.env["AGON_FREE_GIB"];
  expect(kept()).toEqual(["lately", "older"]);
  expect(Date.now() - statSync(images("older")).mtimeMs).toBeLessThan(HOUR);
  // These are hostd's.
  expect(existsSync(others("oldest"))).toBe(true);
});
