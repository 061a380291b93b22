import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeCertificates } from "@agon/testing/certificates";
import { until } from "@agon/testing/until";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startApp, type App } from "../src/app.ts";
import { bootstrap } from "../src/bootstrap.ts";
import { log, ownArena } from "./own-arena.ts";
import { Browser, catalogue, challenge } from "./rig.ts";

const { run, common: own } = ownArena("grounds");
const pki = mkdtempSync(join(tmpdir(), "agon-grounds-"));
const common = {
  ...own,
  catalogue: {
    ...catalogue("alpha"),
    playgrounds: new Map([["pg", challenge("alpha").playground]]),
  },
  pki,
  hosts: [],
};
let apps: App[] = [];
let operator: Browser;
let ann: Browser;
let bob: Browser;
let eve: Browser;

beforeAll(async () => {
  await makeCertificates(pki, ["api"]);
  apps = [
    await startApp({ ...common, api: "api-1" }, log),
    await startApp({ ...common, api: "api-2" }, log),
  ];
  const { operatorKey } = await bootstrap(common);
  operator = new Browser(apps[0]!.port, { authorization: `Bearer ${operatorKey}` });
  [ann, bob, eve] = (await Promise.all(
    ["ann", "bob", "eve"].map((name) => new Browser(apps[0]!.port).signUp(`${name}-${run}`)),
  )) as [Browser, Browser, Browser];
  for (const name of ["ann", "bob"])
    await operator.ask(`mutation { setRole(handle: "${name}-${run}", role: author) { role } }`);
  for (const who of [ann, bob])
    await until(
      "they are authors",
      async () => (await call(who, "GET", "/api/author/playgrounds")).status === 200,
    );
});
afterAll(async () => {
  await Promise.all(apps.map((app) => app.close()));
  rmSync(pki, { recursive: true, force: true });
});

async function call(who: Browser, method: string, path: string, body?: object | string) {
  return await fetch(`http://127.0.0.1:${who.port}${path}`, {
    method,
    headers: {
      ...who.headers,
      ...(typeof body === "object" ? { "content-type": "application/json" } : {}),
    },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
}
// oxlint: any as in Answer of the rig: each test knows the shape of its own.
type Body = any; // oxlint-disable-line no-explicit-any
const json = async (response: Response): Promise<Body> => {
  expect(response.status, await response.clone().text()).toBeLessThan(300);
  return response.json();
};
const upload = (who: Browser, name: string, file: string, bytes: string, kind = "playground") =>
  call(who, "PUT", `/api/content/upload?kind=${kind}&name=${name}&file=${file}`, bytes);
const manifest = (name: string, rest = "", lists = "[owner]") =>
  `kind: playground\nname: ${name}\nbase: pg\ntitle: The one called ${name}\nplayground:\n${rest}  # Lists are written by the access editor, too.\n  accessControl: { canList: ${lists}, canRead: ${lists}, canStart: ${lists} }\n`;
/** Stores a playground and has both processes know it. */
async function store(who: Browser, name: string, text: string): Promise<void> {
  await json(await call(who, "POST", "/api/playgrounds", { name }));
  await json(await upload(who, name, "manifest.yaml", text));
  await json(await call(who, "GET", `/api/playgrounds/${name}`));
}
const start = async (who: Browser, name: string) =>
  (await who.ask(`mutation($n: String!) { startPlay(challenge: $n) { id } }`, { n: name }))
    .errors?.[0]?.extensions?.code;
const page = async (who: Browser, kind: string, name: string) =>
  (
    await who.ask(
      `query($k: String!, $n: String!) { content(kind: $k, name: $n) { title readable machines { name } } }`,
      { k: kind, n: name },
    )
  ).data["content"];

test("a pushed playground is its author's alone: others neither see, read nor start it", async () => {
  await store(ann, "private-lab", manifest("private-lab"));
  expect(await page(ann, "playground", "private-lab")).toMatchObject({
    title: "The one called private-lab",
    readable: true,
    machines: [{ name: "m1" }],
  });
  expect(await page(eve, "playground", "private-lab")).toBeNull();
  expect(await start(eve, "playground/private-lab")).toBe("NOT_FOUND");
  // There is no host here: what may start finds none.
  expect(await start(ann, "playground/private-lab")).toBe("UNAVAILABLE");
  const listed = await json(await call(ann, "GET", "/api/author/playgrounds"));
  expect(listed.map(({ name }: { name: string }) => name)).toContain("private-lab");
  expect(
    (await call(bob, "GET", "/api/content/files?kind=playground&name=private-lab")).status,
  ).toBe(404);
});

test("its lists stand in the manifest: what is set there counts, what is set beside is written there", async () => {
  await store(ann, "open-lab", manifest("open-lab", "", "[anyone]"));
  expect(await page(eve, "playground", "open-lab")).toMatchObject({ readable: true });
  const shown = await json(await call(ann, "GET", "/api/playgrounds/open-lab"));
  expect(shown.access).toEqual({ canList: ["anyone"], canRead: ["anyone"], canStart: ["anyone"] });
  await json(
    await call(ann, "PUT", "/api/content/access", {
      kind: "playground",
      name: "open-lab",
      access: { canStart: ["owner"] },
    }),
  );
  const text = await (
    await call(ann, "GET", "/content/files/playgrounds/open-lab/manifest.yaml")
  ).text();
  expect(text).toContain("canStart: [ owner ]");
  expect(text).toContain("# Lists are written by the access editor, too.");
  expect(await start(eve, "playground/open-lab")).toBe("FORBIDDEN");
  const wrong = await call(ann, "PUT", "/api/content/access", {
    kind: "playground",
    name: "open-lab",
    access: { canEnroll: ["owner"] },
  });
  expect(wrong.status).toBe(400);
  expect(await wrong.text()).toContain("There is no list canEnroll of a playground.");
});

test("anyone in canList is a wish: an operator lets a playground into the catalogue", async () => {
  await store(ann, "wished-lab", manifest("wished-lab", "", "[anyone]"));
  const seen = async () =>
    (await eve.ask(`{ catalogue(kind: ["playground"]) { items { name } } }`)).data[
      "catalogue"
    ].items.map(({ name }: { name: string }) => name);
  expect(await seen()).not.toContain("wished-lab");
  await json(
    await call(operator, "PUT", "/api/content/access", {
      kind: "playground",
      name: "wished-lab",
      access: {},
      approved: true,
    }),
  );
  await until("it is listed", async () => (await seen()).includes("wished-lab"));
});

test("content and playgrounds are made of stored playgrounds that their author may read, and follow their changes", async () => {
  await store(
    ann,
    "base-lab",
    manifest("base-lab", "  machines: [{ name: m1, resources: { ramSize: 1GiB } }]\n"),
  );
  const derived =
    "kind: playground\nname: derived-lab\nbase: base-lab\ntitle: Derived from a stored one\n";
  await store(ann, "derived-lab", derived);
  const index =
    "---\nkind: challenge\ntitle: On a stored playground\nplayground: base-lab\ntasks:\n  verify_it: { run: echo no; false }\n---\n\n::simple-task{name=verify_it}\n#active\nDo it.\n::\n";
  await json(await call(ann, "POST", "/api/challenges", { name: "on-stored" }));
  await json(await upload(ann, "on-stored", "index.md", index, "challenge"));
  const item = await json(await call(ann, "GET", "/api/challenges/on-stored"));
  expect(
    item.problems.filter(({ severity }: { severity: string }) => severity === "error"),
  ).toEqual([]);
  const memory = (name: string) =>
    apps[0]!.content.entries.get(name)?.playground?.machines[0]?.memoryBytes;
  expect(memory("playground/derived-lab")).toBe(1024 ** 3);
  expect(memory("challenge/on-stored")).toBe(1024 ** 3);
  await json(
    await upload(
      ann,
      "base-lab",
      "manifest.yaml",
      manifest("base-lab", "  machines: [{ name: m1, resources: { ramSize: 2GiB } }]\n"),
    ),
  );
  await until("what is made of it follows", () => memory("challenge/on-stored") === 2 * 1024 ** 3);
  expect(memory("playground/derived-lab")).toBe(2 * 1024 ** 3);
  // Bob may not read it, so nothing of his can be made of it.
  await store(bob, "stolen-lab", derived.replace("derived-lab", "stolen-lab"));
  const stolen = await json(await call(bob, "GET", "/api/playgrounds/stolen-lab"));
  expect(stolen.problems[0]).toMatchObject({ code: "AG090", line: 3 });
  // Who may read it may make something of it; who may start that, may not start on Ann's.
  await json(
    await upload(
      ann,
      "base-lab",
      "manifest.yaml",
      manifest("base-lab").replace("canRead: [owner]", "canRead: [anyone]"),
    ),
  );
  await json(
    await upload(
      bob,
      "stolen-lab",
      "manifest.yaml",
      `${derived.replace("derived-lab", "stolen-lab")}playground:\n  accessControl: { canList: [anyone], canRead: [anyone], canStart: [anyone] }\n`,
    ),
  );
  await until(
    "it loads",
    async () =>
      (await json(await call(bob, "GET", "/api/playgrounds/stolen-lab"))).problems.length === 0,
  );
  expect(await start(bob, "playground/stolen-lab")).toBe("FORBIDDEN");
});

test("the other process offers it within moments, versions remember what it was, and what is removed is gone everywhere", async () => {
  await store(ann, "short-lived", manifest("short-lived"));
  await json(
    await upload(
      ann,
      "short-lived",
      "manifest.yaml",
      manifest("short-lived").replace("The one", "Another"),
    ),
  );
  const there = ann.at(apps[1]!.port);
  await until(
    "the other knows it",
    async () =>
      (await page(there, "playground", "short-lived"))?.title === "Another called short-lived",
  );
  const versions = await json(
    await call(ann, "GET", "/api/content/versions?kind=playground&name=short-lived"),
  );
  expect(versions.length).toBeGreaterThanOrEqual(1);
  expect(versions[0].version).toMatch(/^[0-9a-f]{64}$/);
  await json(await call(ann, "DELETE", "/api/playgrounds/short-lived"));
  expect(await page(ann, "playground", "short-lived")).toBeNull();
  await until(
    "the other forgets it",
    async () => (await page(there, "playground", "short-lived")) === null,
  );
});

test("what is wrong is told with its place, and a folder's playground is never hidden by a stored one", async () => {
  expect((await call(ann, "POST", "/api/playgrounds", { name: "pg" })).status).toBe(400);
  await json(await call(ann, "POST", "/api/playgrounds", { name: "broken-lab" }));
  const refused = await upload(ann, "broken-lab", "manifest.yaml", "kind: [\n");
  expect(refused.status).toBe(400);
  expect(await refused.text()).toMatch(/^manifest\.yaml:[12]:\d+ AG003/);
  await json(
    await upload(
      ann,
      "broken-lab",
      "manifest.yaml",
      manifest("broken-lab", "  machines: [{ name: moon }]\n"),
    ),
  );
  const { problems } = await json(await call(ann, "GET", "/api/playgrounds/broken-lab"));
  expect(problems[0]).toMatchObject({ code: "AG031", file: "manifest.yaml", line: 6 });
  expect(await page(ann, "playground", "broken-lab")).toBeNull();
});
