import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { until } from "@agon/testing/until";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import { startApp, type App } from "../src/app.ts";
import { bootstrap } from "../src/bootstrap.ts";
import { ROUTES } from "../src/rest/routes.ts";
import { log, ownArena } from "./own-arena.ts";
import { RealHost } from "./real-host.ts";
import { Browser, catalogue, challenge } from "./rig.ts";

const { run, common: own } = ownArena("clients");
const host = new RealHost(own.arena);
const ground = {
  ...challenge("alpha").playground,
  title: "A shipped one",
  initTasks: challenge("alpha").tasks.filter(({ kind }) => kind === "init"),
};
let app: App;
let operator: Browser;
let ann: Browser;

beforeAll(async () => {
  await host.open();
  const common = {
    ...own,
    catalogue: { ...catalogue("alpha"), playgrounds: new Map([["pg", ground]]) },
    pki: host.pki,
    hosts: [{ id: "host-1", grpc: host.grpc }],
  };
  // Challenges of the rig are no items: entries, and so pages and clients, need them as such.
  const items = new Map([
    [
      "challenge/alpha",
      {
        ...challenge("alpha"),
        kind: "challenge",
        createdAt: "2026-11-28",
        updatedAt: "",
        cover: "",
        embeds: [],
        vars: [],
        variables: {},
        assets: {},
        meta: {},
        parts: [],
        difficulties: ["easy"],
        modular: false,
        solutions: [],
        unavailable: "",
      },
    ],
  ]);
  app = await startApp(
    { ...common, api: "api-1", catalogue: { ...common.catalogue, items: items as never } },
    log,
  );
  const { operatorKey } = await bootstrap(common);
  operator = new Browser(app.port, { authorization: `Bearer ${operatorKey}` });
  ann = await new Browser(app.port).signUp(`ann-${run}`);
  await operator.ask(`mutation { setRole(handle: "ann-${run}", role: author) { role } }`);
});
afterAll(async () => {
  await app.close();
  await host.close();
});

// oxlint: any as in Answer of the rig: each test knows the shape of its own.
type Body = any; // oxlint-disable-line no-explicit-any
/** What a client sends: no content type, no cookie, Basic credentials. */
class Client {
  readonly #credentials: string;
  constructor(id: string, token: string) {
    this.#credentials = id ? `Basic ${Buffer.from(`${id}:${token}`).toString("base64")}` : "";
  }
  /** By node:http: fetch would add a content type of its own to a text. */
  async call(
    method: string,
    path: string,
    body?: object | string,
  ): Promise<{ status: number; text: string; json: Body }> {
    return await new Promise((resolve, reject) => {
      const sent = httpRequest(
        {
          port: app.port,
          method,
          path,
          headers: {
            "user-agent": "labctl/v0.1.107 (built: now commit: none)",
            ...(this.#credentials && { authorization: this.#credentials }),
          },
        },
        (response) => {
          let text = "";
          response.setEncoding("utf8").on("data", (part: string) => (text += part));
          response.on("end", () => {
            let json: Body;
            try {
              json = JSON.parse(text);
            } catch {
              // A refusal is plain text.
            }
            resolve({ status: response.statusCode!, text, json });
          });
        },
      ).on("error", reject);
      sent.end(
        body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body),
      );
    });
  }
  async ok(method: string, path: string, body?: object | string): Promise<Body> {
    const answer = await this.call(method, path, body);
    expect(answer.status, answer.text).toBeLessThan(300);
    return answer.json;
  }
}
const nobody = new Client("", "");

/** A client that a user let in on the page. */
async function loggedIn(who: Browser): Promise<Client & { id: string }> {
  const { id, accessToken, authUrl } = await nobody.ok("POST", "/api/sessions");
  const code = new URL(authUrl).searchParams.get("c");
  const answer = await who.ask(`mutation($i: ID!, $c: String!) { letClientIn(id: $i, code: $c) }`, {
    i: id,
    c: code,
  });
  expect(answer.errors).toBeUndefined();
  return Object.assign(new Client(id, accessToken), { id });
}

test("a client waits until its user lets it in on the page; its token is stored as a hash and shown nowhere again", async () => {
  const { id, accessToken, authUrl, authenticated } = await nobody.ok("POST", "/api/sessions");
  expect(authenticated).toBe(false);
  expect(id).toMatch(/^[^:]+$/);
  const page = new URL(authUrl);
  expect(page.origin + page.pathname).toBe(`http://127.0.0.1:3000/cli/${id}`);
  const client = new Client(id, accessToken);
  expect(await client.ok("GET", `/api/sessions/${id}`)).toEqual({
    id,
    authenticated: false,
    userId: "",
    accessToken: "",
    authUrl: "",
  });
  // Until then it is nobody.
  expect((await client.call("GET", "/api/auth/me?authenticate=true")).status).toBe(401);
  expect((await new Client(id, "wrong").call("GET", `/api/sessions/${id}`)).status).toBe(401);
  const shown = `query($i: ID!, $c: String!) { waitingClient(id: $i, code: $c) { client address at } }`;
  const code = page.searchParams.get("c");
  expect((await ann.ask(shown, { i: id, c: "guessed" })).data["waitingClient"]).toBeNull();
  expect((await ann.ask(shown, { i: id, c: code })).data["waitingClient"].client).toMatch(
    /^labctl\/v0/,
  );
  expect(
    (
      await ann.ask(`mutation($i: ID!, $c: String!) { letClientIn(id: $i, code: $c) }`, {
        i: id,
        c: "guessed",
      })
    ).errors?.[0]?.extensions?.code,
  ).toBe("NOT_FOUND");
  await ann.ask(`mutation($i: ID!, $c: String!) { letClientIn(id: $i, code: $c) }`, {
    i: id,
    c: code,
  });
  expect((await client.ok("GET", `/api/sessions/${id}`)).authenticated).toBe(true);
  const me = await client.ok("GET", "/api/auth/me?authenticate=true");
  expect(me.id).toBe((await client.ok("GET", `/api/sessions/${id}`)).userId);
  // Who reads the address later cannot let anybody in with it, nor see the token.
  expect((await ann.ask(shown, { i: id, c: code })).data["waitingClient"]).toBeNull();
  const stored = JSON.stringify(await app.store.clientSessions.find().lean());
  expect(stored).not.toContain(accessToken);
  expect(stored).toContain(createHash("sha256").update(accessToken).digest("hex"));
});

test("a session ends by logout or on the account page, and then is unknown: 401, not 404", async () => {
  const first = await loggedIn(ann);
  const second = await loggedIn(ann);
  const list = async () =>
    (await ann.ask("{ clientSessions { id client usedAt } }")).data["clientSessions"];
  expect((await list()).map(({ id }: { id: string }) => id)).toEqual(
    expect.arrayContaining([first.id, second.id]),
  );
  await first.ok("DELETE", `/api/sessions/${first.id}`);
  expect((await first.call("DELETE", `/api/sessions/${first.id}`)).status).toBe(401);
  const bob = await new Browser(app.port).signUp(`bob-${run}`);
  await bob.ask(`mutation($i: ID!) { revokeClient(id: $i) }`, { i: second.id });
  expect((await second.call("GET", "/api/auth/me?authenticate=true")).status).toBe(200);
  await ann.ask(`mutation($i: ID!) { revokeClient(id: $i) }`, { i: second.id });
  expect((await second.call("GET", "/api/auth/me?authenticate=true")).status).toBe(401);
  expect((await second.call("GET", "/api/plays")).status).toBe(401);
  expect((await list()).some(({ id }: { id: string }) => [first.id, second.id].includes(id))).toBe(
    false,
  );
});

test("addresses that ask for many sessions are told to wait, in the way that clients understand", async () => {
  let refused: { status: number; reset: string | null } | undefined;
  for (let n = 0; n < 60 && !refused; n++) {
    const answer = await fetch(`http://127.0.0.1:${app.port}/api/sessions`, {
      method: "POST",
      headers: { "x-forwarded-for": "203.0.113.9" },
    });
    if (answer.status !== 201)
      refused = { status: answer.status, reset: answer.headers.get("x-ratelimit-reset") };
  }
  expect(refused?.status).toBe(429);
  expect(Number(refused?.reset)).toBeGreaterThan(0);
  // Others are not held up by them.
  expect((await nobody.call("POST", "/api/sessions")).status).toBe(201);
});

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
    name: `ann-${run}`,
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

interface Message {
  kind: string;
  task?: { name: string; init: boolean; helper: boolean; status: number };
  status?: {
    stateEvents: { state: string }[];
    machines: { state: string; conditions: { status: string }[] }[];
  };
}
/** Dials as the client does: a malformed origin and nothing else. */
function dial(url: string) {
  const path = new URL(url).pathname;
  const socket = new WebSocket(`ws://127.0.0.1:${app.port}${path}`, {
    origin: "https://cli.http://127.0.0.1:3000",
  });
  const messages: Message[] = [];
  socket.on("message", (data) => messages.push(JSON.parse(String(data)) as Message));
  const closed = new Promise<number>((done) => socket.on("close", done));
  return { socket, messages, closed };
}

test("a client starts a playground, watches it until it is warm, and destroys it", async () => {
  const client = await loggedIn(ann);
  const play = await client.ok("POST", "/api/plays", {
    playground: "pg",
    safetyDisclaimerConsent: true,
  });
  expect(play.id).toMatch(/^[0-9a-f]{24}$/);
  expect(play.machines).toMatchObject([
    { name: "m1", users: [{ name: "laborant", default: true }] },
  ]);
  expect(play.tasks.init_it).toMatchObject({ name: "init_it", init: true, helper: false });
  expect(
    await client.ok("POST", `/api/plays/${play.id}/actions`, {
      action: "set_title",
      title: "Mine",
    }),
  ).toMatchObject({ title: "Mine" });
  const { url } = await client.ok("POST", `/api/plays/${play.id}/conns`);
  expect(url).toMatch(/^ws:\/\//);
  const { messages, closed } = dial(url);
  await until(
    "a snapshot",
    () =>
      messages.some(({ kind }) => kind === "status") &&
      messages.some(({ task }) => task?.name === "init_it"),
  );
  await until("the machine is ready", () =>
    messages.some(({ status }) => status?.machines[0]?.conditions[0]?.status === "True"),
  );
  await until("it is warm", () =>
    messages.some(({ task }) => task?.name === "init_it" && task.status === 40),
  );
  // Waits look only when a message comes: the status is repeated though nothing changes.
  const before = messages.length;
  await until(
    "the status is told again",
    () => messages.slice(before).filter(({ kind }) => kind === "status").length >= 2,
  );
  const shown = await client.ok("GET", `/api/plays/${play.id}`);
  expect(shown.status.stateEvents.at(-1).state).toBe("RUNNING");
  expect(shown.expiresIn).toBeGreaterThan(0);
  expect(shown.maxPlayTime).toMatch(/^(\d+h)?(\d+m)?\d+s$/);
  expect(await client.ok("GET", `/api/plays/${play.id}/tasks`)).toEqual([
    { name: "init_it", machine: "m1", status: 40, version: 0, init: true, helper: false },
  ]);
  expect((await client.ok("GET", "/api/plays")).map(({ id }: Body) => id)).toContain(play.id);
  expect(
    (await client.call("POST", `/api/plays/${play.id}/actions`, { action: "machine.console.list" }))
      .status,
  ).toBe(400);
  await client.ok("POST", `/api/plays/${play.id}/actions`, { action: "destroy" });
  expect(await closed).toBe(1000);
  expect(messages.at(-1)?.status?.stateEvents.at(-1)?.state).toBe("DESTROYED");
  const over = await client.ok("GET", `/api/plays/${play.id}`);
  expect(over.status.stateEvents.at(-1).state).toBe("DESTROYED");
  expect(over.machines).toHaveLength(1);
});

test("a client starts a challenge, and the arena records the solve by itself", async () => {
  const eve = await new Browser(app.port).signUp(`eve-${run}`);
  const client = await loggedIn(eve);
  expect(
    (await client.ok("GET", "/api/challenges?status=todo&category=linux")).map(
      ({ name }: Body) => name,
    ),
  ).toEqual(["alpha"]);
  expect(await client.ok("GET", "/api/challenges?status=solved")).toEqual([]);
  const { play, authors } = await client.ok("PATCH", "/api/challenges/alpha", {
    started: true,
    safetyDisclaimerConsent: true,
  });
  expect(authors).toMatchObject([{ official: true }]);
  expect(play.challengeName).toBe("alpha");
  // Helpers and scripts are the author's business.
  expect(Object.keys(play.tasks).sort()).toEqual(["first", "init_it", "second"]);
  expect((await client.ok("PATCH", "/api/challenges/alpha", { started: true })).play.id).toBe(
    play.id,
  );
  const { url } = await client.ok("POST", `/api/plays/${play.id}/conns`);
  const { messages, socket } = dial(url);
  await host.touch(play.id, "/first", "/second");
  await until("both are told", () =>
    ["first", "second"].every((name) =>
      messages.some(({ task }) => task?.name === name && task.status === 40),
    ),
  );
  expect(JSON.stringify(messages)).not.toContain("secret");
  // An old client's belief changes nothing; the arena's own record comes within moments.
  await client.ok("PATCH", "/api/challenges/alpha", { completed: true });
  await until(
    "it is recorded",
    async () => (await client.ok("GET", "/api/challenges/alpha")).completedAt,
  );
  socket.terminate();
  const ended = await client.ok("PATCH", "/api/challenges/alpha", { started: false });
  expect(ended.play).toBeUndefined();
  expect(
    (await client.ok("PATCH", "/api/challenges/alpha", { started: false })).play,
  ).toBeUndefined();
});

test("an address of a connection opens one play's alone, and not one that somebody made up", async () => {
  const client = await loggedIn(ann);
  const play = await client.ok("POST", "/api/plays", { playground: "pg" });
  const { url } = await client.ok("POST", `/api/plays/${play.id}/conns`);
  const [id, until_, signature] = url.slice(url.lastIndexOf("/") + 1).split(".");
  for (const token of [
    `${"0".repeat(24)}.${until_}.${signature}`,
    `${id}.zzzzzzzzz.${signature}`,
    "x",
  ]) {
    const { socket } = dial(`ws://x/api/conns/${token}`);
    const refused = await new Promise((done) =>
      socket
        .on("unexpected-response", (_, answer) => done(answer.statusCode))
        .on("error", () => undefined),
    );
    expect(refused).toBe(403);
  }
  const eve = await loggedIn(await new Browser(app.port).signUp(`eva-${run}`));
  expect((await eve.call("POST", `/api/plays/${play.id}/conns`)).status).toBe(404);
  await client.ok("POST", `/api/plays/${play.id}/actions`, { action: "destroy" });
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
