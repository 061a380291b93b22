import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeCertificates } from "@agon/testing/certificates";
import { until } from "@agon/testing/until";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startApp, type App } from "../src/app.ts";
import { bootstrap } from "../src/bootstrap.ts";
import { Browser, catalogue, challenge } from "./rig.ts";
import { log, ownArena } from "./own-arena.ts";

const { run, common: own } = ownArena("authored");
const pki = mkdtempSync(join(tmpdir(), "agon-authored-"));
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

beforeAll(async () => {
  await makeCertificates(pki, ["api"]);
  apps = [
    await startApp({ ...common, api: "api-1" }, log),
    await startApp({ ...common, api: "api-2" }, log),
  ];
  const { operatorKey } = await bootstrap(common);
  operator = new Browser(apps[0]!.port, { authorization: `Bearer ${operatorKey}` });
  ann = await new Browser(apps[0]!.port).signUp(`ann-${run}`);
  bob = await new Browser(apps[0]!.port).signUp(`bob-${run}`);
  await operator.ask(`mutation { setRole(handle: "ann-${run}", role: author) { role } }`);
  await until(
    "ann is an author",
    async () => (await call(ann, "GET", "/api/author/challenges")).status === 200,
  );
});
afterAll(async () => {
  await Promise.all(apps.map((app) => app.close()));
  rmSync(pki, { recursive: true, force: true });
});

async function call(
  who: Browser,
  method: string,
  path: string,
  body?: object | string,
): Promise<Response> {
  return await fetch(`http://127.0.0.1:${who.port}${path}`, {
    method,
    headers: {
      ...who.headers,
      ...(typeof body === "object" ? { "content-type": "application/json" } : {}),
    },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
}
const json = async (response: Response) => {
  expect(response.status, await response.clone().text()).toBeLessThan(300);
  return (await response.json()) as never as Record<string, never> & Record<string, unknown>[];
};
const at = (name: string) => `kind=challenge&name=${name}`;
const markdown = (name: string, file: string, content: string, who = ann) =>
  call(who, "PUT", "/api/content/markdown", { kind: "challenge", name, file, content });
const index = (title: string) =>
  `---\nkind: challenge\ntitle: ${title}\ndescription: Words\ndifficulty: easy\ncategories: [linux]\ntagz: [a]\ncreatedAt: 2026-11-28\nplayground: pg\ntasks:\n  verify_it: { run: echo no; false }\n---\n\n![](__static__/a.png)\n\n::simple-task{name=verify_it}\n#active\nDo it.\n::\n`;
const access = (name: string, lists: object, who = ann, approved?: boolean) =>
  call(who, "PUT", "/api/content/access", { kind: "challenge", name, access: lists, approved });
const seen = async (who: Browser, name: string) =>
  (await who.ask(`query($n: String!) { challenge(name: $n) { title } }`, { n: name })).data[
    "challenge"
  ]?.title ?? null;
const start = async (who: Browser, name: string) =>
  (await who.ask(`mutation($n: String!) { startPlay(challenge: $n) { id } }`, { n: name }))
    .errors?.[0]?.extensions?.code ?? "started";

test("a mirror: files come and go byte for byte, the same bytes have the same digest, and nothing is pushed twice", async () => {
  await json(await call(ann, "POST", "/api/challenges", { name: "mirrored" }));
  await json(await markdown("mirrored", "index.md", index("A mirrored challenge")));
  const { uploadUrl } = await json(
    await call(ann, "PUT", "/api/content/files", {
      kind: "challenge",
      name: "mirrored",
      file: "__static__/a.png",
    }),
  );
  const to = new URL(String(uploadUrl));
  expect(to.origin).toBe(common.publicUrl);
  await json(await call(ann, "PUT", `${to.pathname}${to.search}`, "PNG bytes"));
  // Many at once, in any order: none is lost.
  await Promise.all(
    Array.from({ length: 12 }, (_, n) =>
      call(ann, "PUT", `/api/content/upload?${at("mirrored")}&file=app/file-${n}`, `text ${n}`),
    ),
  );
  const listed = await json(await call(ann, "GET", `/api/content/v2/files?${at("mirrored")}`));
  expect(listed).toHaveLength(14);
  expect(listed.find(({ path }) => path === "app/file-7")).toEqual({
    path: "app/file-7",
    digest: createHash("md5").update("text 7").digest("hex"),
  });
  const raw = await call(ann, "GET", "/content/files/challenges/mirrored/index.md");
  expect(await raw.text()).toBe(index("A mirrored challenge"));
  await json(await call(ann, "DELETE", `/api/content/files?${at("mirrored")}&file=app/file-7`));
  expect(await json(await call(ann, "GET", `/api/content/files?${at("mirrored")}`))).not.toContain(
    "app/file-7",
  );
  const item = await json(await call(ann, "GET", "/api/challenges/mirrored"));
  expect(item["problems"]).toEqual([]);
  expect(item["title"]).toBe("A mirrored challenge");
});

test("Markdown that cannot be read is refused with its place, and what was stored stays", async () => {
  const refused = await markdown("mirrored", "index.md", "---\nkind: [\n---\n");
  expect(refused.status).toBe(400);
  expect(await refused.text()).toMatch(/^index\.md:[23]:\d+ AG003 malformed YAML/);
  expect((await markdown("mirrored", "notes.md", "Notes")).status).toBe(400);
  expect((await markdown("mirrored", "__static__/x.md", "Notes")).status).toBe(400);
  for (const path of ["../up.sh", "/etc/passwd", "a/../../b"])
    expect(
      (
        await call(
          ann,
          "PUT",
          `/api/content/upload?${at("mirrored")}&file=${encodeURIComponent(path)}`,
          "x",
        )
      ).status,
    ).toBe(400);
  const raw = await call(ann, "GET", "/content/files/challenges/mirrored/index.md");
  expect(await raw.text()).toBe(index("A mirrored challenge"));
});

test("new content is a private draft; lists let others in, one by one, in every process", async () => {
  await json(await call(ann, "POST", "/api/challenges", { name: "guarded" }));
  await json(await markdown("guarded", "index.md", index("A guarded challenge")));
  await json(await call(ann, "GET", "/api/challenges/guarded"));
  expect(await seen(ann, "guarded")).toBe("A guarded challenge");
  expect(await seen(bob, "guarded")).toBeNull();
  expect(await start(bob, "guarded")).toBe("NOT_FOUND");
  const { data } = await bob.ask(`{ me { id } }`);
  await json(await access("guarded", { canRead: ["owner", `user:${data["me"].id}`] }));
  expect(await seen(bob, "guarded")).toBe("A guarded challenge");
  expect(await start(bob, "guarded")).toBe("FORBIDDEN");
  const elsewhere = bob.at(apps[1]!.port);
  await until("the other process knows", async () => (await seen(elsewhere, "guarded")) !== null);
  await json(await access("guarded", { canRead: ["nobody"] }));
  expect(await seen(ann, "guarded")).toBeNull();
});

test("anyone in canList is only a request: an operator lets it into the catalogue", async () => {
  const names = async (who: Browser) =>
    ((await who.ask(`{ challenges { name } }`)).data["challenges"] as { name: string }[]).map(
      ({ name }) => name,
    );
  await json(
    await access("mirrored", { canList: ["anyone"], canRead: ["anyone"], canStart: ["anyone"] }),
  );
  expect(await names(bob)).not.toContain("mirrored");
  expect((await access("mirrored", {}, ann, true)).status).toBe(403);
  await json(await access("mirrored", {}, operator, true));
  expect(await names(bob)).toContain("mirrored");
  const file = await fetch(`http://127.0.0.1:${apps[0]!.port}/__static__/a.png`);
  expect(await file.text()).toBe("PNG bytes");
  await json(await access("mirrored", { canList: ["owner"] }));
  expect(await names(bob)).not.toContain("mirrored");
});

test("nobody but its author changes an item, and only authors store anything", async () => {
  expect((await markdown("mirrored", "index.md", "x", bob)).status).toBe(403);
  await operator.ask(`mutation { setRole(handle: "bob-${run}", role: author) { role } }`);
  await until(
    "bob is an author",
    async () => (await call(bob, "GET", "/api/author/challenges")).status === 200,
  );
  expect((await markdown("mirrored", "index.md", index("Mine now"), bob)).status).toBe(404);
  expect((await call(bob, "DELETE", "/api/challenges/mirrored")).status).toBe(404);
  expect((await call(bob, "GET", "/content/files/challenges/mirrored/index.md")).status).toBe(404);
  expect((await call(bob, "POST", "/api/challenges", { name: "mirrored" })).status).toBe(400);
  const anonymous = new Browser(apps[0]!.port);
  expect((await call(anonymous, "GET", "/api/author/challenges")).status).toBe(401);
  expect((await access("mirrored", { canRead: ["somebody"] })).status).toBe(400);
  expect((await access("mirrored", { canFly: ["owner"] })).status).toBe(400);
});

test("a stored item follows the arena's playgrounds, and a folder of its name wins over it", async () => {
  await json(await call(ann, "POST", "/api/challenges", { name: "grounded" }));
  await json(await markdown("grounded", "index.md", index("A grounded challenge")));
  await json(await call(ann, "GET", "/api/challenges/grounded"));
  expect(await seen(ann, "grounded")).toBe("A grounded challenge");
  apps[0]!.content.offer({ ...common.catalogue, playgrounds: new Map() });
  await until("it cannot be played any more", async () => (await seen(ann, "grounded")) === null);
  const own = { ...catalogue("grounded"), playgrounds: common.catalogue.playgrounds };
  const item = { ...challenge("grounded"), kind: "challenge" };
  apps[0]!.content.offer({ ...own, items: new Map([["challenge/grounded", item as never]]) });
  await until(
    "everybody sees the folder",
    async () => (await seen(bob, "grounded")) === "Title of grounded",
  );
  apps[0]!.content.offer(common.catalogue);
  await until("it is back", async () => (await seen(ann, "grounded")) === "A grounded challenge");
  expect(await seen(bob, "grounded")).toBeNull();
});

test("each text that loaded is a version; removing an item removes them", async () => {
  await json(await markdown("mirrored", "index.md", index("A second version of it")));
  await json(await call(ann, "GET", "/api/challenges/mirrored"));
  const versions = await json(await call(ann, "GET", `/api/content/versions?${at("mirrored")}`));
  expect(versions.length).toBeGreaterThanOrEqual(2);
  expect(new Set(versions.map(({ version }) => version)).size).toBe(versions.length);
  expect(versions[0]!["by"]).toBe(`ann-${run}`);
  await json(await call(ann, "DELETE", "/api/challenges/mirrored"));
  expect((await call(ann, "GET", "/api/challenges/mirrored")).status).toBe(404);
  expect(await seen(ann, "mirrored")).toBeNull();
});
