import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeCertificates } from "@agon/testing/certificates";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startApp, type App } from "../src/app.ts";
import { ContentFolder, log, ownArena } from "./own-arena.ts";
import { Browser } from "./rig.ts";

const { run, common } = ownArena("marks");
const content = new ContentFolder();
let apps: App[] = [];
let reader: Browser;

beforeAll(async () => {
  await makeCertificates(content.path, ["api"]);
  const pixel =
    '<svg xmlns="http://www.w3.org/2000/svg" width="30" height="20" viewBox="0 0 30 20"/>';
  content.write(
    "content/tutorials/first/index.md",
    "kind: tutorial\nplayground: mini-lan",
    "Words.",
  );
  mkdirSync(join(content.path, "content/tutorials/first/__static__"));
  writeFileSync(join(content.path, "content/tutorials/first/__static__/pixel.svg"), pixel);
  content.write("content/tutorials/text/index.md", "kind: tutorial", "Only words.");
  content.write("content/courses/net/index.md", "kind: course", "About.");
  content.write("content/courses/net/10.a/index.md", "kind: lesson\nname: v1.0", "");
  content.write("content/courses/net/10.a/unit-10.md", "kind: unit", "The words of the unit.");
  const settings = {
    ...common,
    catalogue: await content.load(),
    pki: content.path,
    hosts: [],
  };
  apps = [
    await startApp({ ...settings, api: "api-1" }, log),
    await startApp({ ...settings, api: "api-2" }, log),
  ];
  reader = await new Browser(apps[0]!.port).signUp(`reader-${run}`);
});
afterAll(async () => {
  await Promise.all(apps.map((app) => app.close()));
  content[Symbol.dispose]();
});

const mark =
  "mutation($k: String!, $n: String!, $p: String, $d: Boolean!) { markContent(kind: $k, name: $n, part: $p, done: $d) { status progress { done total } } }";
const seen =
  '{ tutorial: content(kind: "tutorial", name: "first") { status } course: content(kind: "course", name: "net") { status progress { done total } parts { path done markable } } }';

test("a mark counts once, in every process, and is gone when it is taken back", async () => {
  const set = (done: boolean) => reader.ask(mark, { k: "tutorial", n: "first", d: done });
  const [one, two] = await Promise.all([set(true), set(true)]);
  expect(one!.data["markContent"].status).toBe("solved");
  expect(two!.errors).toBeUndefined();
  const other = reader.at(apps[1]!.port);
  expect((await other.ask(seen)).data["tutorial"].status).toBe("solved");
  expect(await apps[0]!.store.marks.countDocuments({})).toBe(1);
  expect((await set(false)).data["markContent"].status).toBe("todo");
  expect((await other.ask(seen)).data["tutorial"].status).toBe("todo");
  expect(await apps[0]!.store.marks.countDocuments({})).toBe(0);
});

test("a part whose name has a dot is marked, too, and its course is completed by it", async () => {
  const before = (await reader.ask(seen)).data["course"];
  expect(before).toMatchObject({ status: "todo", progress: { done: 0, total: 1 } });
  expect(before.parts[0]).toEqual({ path: "v1.0", done: false, markable: true });
  await reader.ask(mark, { k: "course", n: "net", p: "v1.0", d: true });
  expect((await reader.at(apps[1]!.port).ask(seen)).data["course"]).toMatchObject({
    status: "solved",
    progress: { done: 1, total: 1 },
  });
});

test.each([
  [{ k: "tutorial", n: "text", d: true }, "BAD_INPUT"],
  [{ k: "course", n: "net", d: true }, "BAD_INPUT"],
  [{ k: "course", n: "net", p: "nowhere", d: true }, "BAD_INPUT"],
  [{ k: "tutorial", n: "nowhere", d: true }, "NOT_FOUND"],
  [{ k: "__proto__", n: "x", d: true }, "NOT_FOUND"],
])("%o cannot be marked: %s", async (variables, code) => {
  expect((await reader.ask(mark, variables)).errors?.[0]?.extensions?.code).toBe(code);
});

test("nobody marks anything, and a lesson's words are asked for by its path", async () => {
  const anonymous = new Browser(apps[0]!.port);
  const refused = await anonymous.ask(mark, { k: "tutorial", n: "first", d: true });
  expect(refused.errors?.[0]?.extensions?.code).toBe("UNAUTHENTICATED");
  const { data } = await anonymous.ask(
    '{ content(kind: "course", name: "net") { parts(under: "v1.0") { kind path body } } }',
  );
  expect(data["content"].parts).toEqual([
    { kind: "lesson", path: "v1.0", body: "" },
    { kind: "unit", path: "v1.0/unit-10", body: "The words of the unit." },
  ]);
});

test("files of a text have the hash of their bytes in their address, and images their size", async () => {
  const { data } = await reader.ask(
    '{ content(kind: "tutorial", name: "first") { assets { path url width height } } }',
  );
  const [asset] = data["content"].assets;
  expect(asset).toMatchObject({ path: "pixel.svg", width: 30, height: 20 });
  const response = await fetch(`http://127.0.0.1:${apps[1]!.port}${asset.url}`);
  expect(response.headers.get("cache-control")).toContain("immutable");
  expect(await response.text()).toContain("viewBox");
});
