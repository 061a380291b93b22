import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ROUTES } from "../src/rest/routes.ts";
import { RestArena } from "./rest-arena.ts";
import { loggedIn, type Body } from "./rest-client.ts";
import type { Browser } from "./rig.ts";

let arena: RestArena;
let ann: Browser;

beforeAll(async () => {
  arena = await RestArena.open("client-content");
  ann = arena.ann;
});
afterAll(() => arena[Symbol.asyncDispose]());

test("a client lists, makes, changes and removes playgrounds, and what is wrong is told in one line", async () => {
  const client = await loggedIn(ann);
  const all = await client.ok("GET", "/api/playgrounds");
  expect(all.map(({ name }: Body) => name)).toContain("pg");
  const shipped = await client.ok("GET", "/api/playgrounds/pg?format=extended");
  expect(shipped).toMatchObject({ name: "pg", owner: "", machines: [{ name: "m1" }] });
  expect(shipped.initTasks.init_it).toMatchObject({ name: "init_it", init: true, run: "true" });
  // As the client does: the extended form as YAML and back, with another name.
  const { title, networks, machines, tabs, initTasks, accessControl } = shipped;
  const made = await client.ok("POST", "/api/playgrounds", {
    name: "my-pg",
    base: "pg",
    title,
    description: "",
    categories: [],
    networks,
    machines,
    tabs,
    initTasks,
    initConditions: { values: [] },
    registryAuth: "",
    accessControl,
  });
  expect(made).toMatchObject({
    name: "my-pg",
    base: "pg",
    pageUrl: "http://127.0.0.1:3000/playgrounds/my-pg",
  });
  const me = await client.ok("GET", "/api/auth/me?authenticate=true");
  const mine = await client.ok("GET", "/api/playgrounds?filter=my-custom");
  expect(mine).toMatchObject([{ name: "my-pg", owner: me.id }]);
  expect(
    (await client.ok("GET", "/api/playgrounds?filter=base")).map(({ name }: Body) => name),
  ).toEqual(["pg"]);
  expect(
    (await client.call("POST", "/api/playgrounds", { name: "my-pg", base: "pg" })).status,
  ).toBe(400);
  // null lists, as Go sends them.
  await client.ok("PUT", "/api/playgrounds/my-pg", {
    title: "Another title",
    description: "Words",
    categories: ["linux"],
    networks: null,
    tabs: null,
    initTasks: null,
    machines: [{ ...machines[0], resources: { cpuCount: 2, ramSize: "1GiB" }, users: null }],
    initConditions: null,
    registryAuth: "",
    accessControl: { canList: ["owner"], canRead: ["anyone"], canStart: ["owner"] },
  });
  const changed = await client.ok("GET", "/api/playgrounds/my-pg?format=extended");
  expect(changed).toMatchObject({
    title: "Another title",
    base: "pg",
    machines: [{ name: "m1", resources: { cpuCount: 2, ramSize: "1GiB" } }],
    accessControl: { canRead: ["anyone"], canStart: ["owner"] },
    problems: [],
  });
  const wrong = await client.call("PUT", "/api/playgrounds/my-pg", {
    title,
    machines: [{ name: "moon" }],
    accessControl,
  });
  expect(wrong.status).toBe(400);
  expect(wrong.text).toMatch(
    /^manifest\.yaml:\d+:\d+ AG031 playground pg has no machine "moon"\. [^\n]*\n$/,
  );
  expect((await client.ok("GET", "/api/playgrounds/my-pg")).title).toBe("Another title");
  await client.ok("DELETE", "/api/playgrounds/my-pg");
  expect((await client.call("GET", "/api/playgrounds/my-pg")).status).toBe(404);
});

test("a client creates content, and pushes and pulls it byte for byte without a content type", async () => {
  const client = await loggedIn(ann);
  expect(await client.ok("GET", "/api/author")).toMatchObject({
    name: `ann-${arena.run}`,
    official: false,
  });
  for (const plural of [
    "challenges",
    "tutorials",
    "roadmaps",
    "skill-paths",
    "courses",
    "trainings",
    "vendors",
    "blog-posts",
  ])
    expect(await client.ok("GET", `/api/author/${plural}`), plural).toBeInstanceOf(Array);
  await client.ok("POST", "/api/challenges", { name: "my-ch" });
  const text =
    '---\nkind: challenge\ntitle: Mine by a client\nplayground: pg\ntasks:\n  verify_it: { run: "false" }\n---\n\n::simple-task{name=verify_it}\n#active\nDo it.\n::\n';
  await client.ok("PUT", "/api/content/markdown", {
    kind: "challenge",
    name: "my-ch",
    file: "index.md",
    content: text,
  });
  const { uploadUrl } = await client.ok("PUT", "/api/content/files", {
    kind: "challenge",
    name: "my-ch",
    file: "__static__/a.png",
  });
  const to = new URL(uploadUrl);
  await client.call("PUT", to.pathname + to.search, "bytes");
  const md5 = (of: string) => createHash("md5").update(of).digest("hex");
  expect(await client.ok("GET", "/api/content/v2/files?kind=challenge&name=my-ch")).toEqual([
    { path: "__static__/a.png", digest: md5("bytes") },
    { path: "index.md", digest: md5(text) },
  ]);
  expect((await client.call("GET", "/content/files/challenges/my-ch/index.md")).text).toBe(text);
  const refused = await client.call("PUT", "/api/content/markdown", {
    kind: "challenge",
    name: "my-ch",
    file: "index.md",
    content: "---\nkind: [\n---\n",
  });
  expect([refused.status, refused.text.slice(0, 8)]).toEqual([400, "index.md"]);
  expect(await client.ok("GET", "/api/challenges/my-ch")).toMatchObject({
    title: "Mine by a client",
    authors: [{ official: false }],
  });
  await client.ok("DELETE", "/api/challenges/my-ch");
});

test("what labctl asks for by name only is told from what is unknown, and search answers with its total", async () => {
  const client = await loggedIn(ann);
  expect((await client.call("GET", `/api/plays/${"0".repeat(24)}`)).status).toBe(404);
  expect((await client.call("GET", "/api/playgrounds/moon")).status).toBe(404);
  const found = await client.ok("GET", "/api/search?search=alpha&kind=challenge");
  expect(found.items).toMatchObject([{ kind: "challenge", name: "alpha", official: true }]);
});

test("docs/api.md lists every route of existing clients", async () => {
  const page = await readFile(new URL("../../docs/api.md", import.meta.url), "utf8");
  for (const [route] of ROUTES) expect(page).toContain(`\`${route}\``);
});
