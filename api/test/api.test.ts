import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { serviceLog } from "@agon/daemon/log";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import type { App } from "../src/app.ts";
import { startApp } from "../src/app.ts";
import { digestBoards } from "../src/boards.ts";
import { bootstrap } from "../src/bootstrap.ts";
import { openStore } from "../src/models/store.ts";
import { RegistryCredentials } from "../src/registry-credentials.ts";
import { createRedis } from "../src/redis.ts";
import { until } from "@agon/testing/until";
import { RealHost } from "./real-host.ts";
import { Browser, catalogue } from "./rig.ts";

const mongo = process.env["AGON_TEST_MONGO_URL"];
const redisUrl = process.env["AGON_TEST_REDIS_URL"];
if (!mongo || !redisUrl)
  throw new Error(
    "Set AGON_TEST_MONGO_URL (mongodb://127.0.0.1:port) and AGON_TEST_REDIS_URL: " +
      "./agon test api starts both. The tests flush that Redis.",
  );
const log = serviceLog("api-test");
log.level = process.env["LOG_LEVEL"] ?? "error";
const run = randomBytes(4).toString("hex");
const common = {
  port: 0,
  mongoUrl: `${mongo.replace(/\/$/, "")}/agon-test-${run}`,
  redisUrl,
  arena: `test-${run}`,
  secret: "a secret of the tests only, long enough",
  publicUrl: "http://127.0.0.1:3000",
  catalogue: catalogue("alpha", "beta", "gamma", "delta", "epsilon"),
  playgroundsDir: resolve(import.meta.dirname, "../../playgrounds"),
  sweepMs: 1000,
};
const host = new RealHost(common.arena);
const apps: App[] = [];
const open = async (api: string): Promise<App> =>
  startApp({ ...common, api, pki: host.pki, hosts: [{ id: "host-1", grpc: host.grpc }] }, log);

beforeAll(async () => {
  await host.open();
  apps.push(await open("api-1"), await open("api-2"));
});
afterAll(async () => {
  await Promise.all(apps.map((app) => app.close()));
  await host.close();
});

const first = () => apps[0] as App;
const second = () => apps[1] as App;
const start = `mutation($c: String!) { startPlay(challenge: $c) { id state version } }`;
const read = `query($id: ID!) { play(id: $id) { id state version completed tasks { name state hint } solve { points firstSolve hintCost } } }`;

async function begin(browser: Browser, challenge: string): Promise<string> {
  const answer = await browser.ask(start, { c: challenge });
  expect(answer.errors).toBeUndefined();
  return answer.data["startPlay"].id as string;
}
const solve = (play: string) => host.touch(play, "/first", "/second");
const solved = (browser: Browser, id: string) =>
  until("the solve", async () => (await browser.ask(read, { id })).data["play"].solve);
const board = async (browser: Browser, challenge?: string) =>
  (
    await browser.ask(
      `query($c: String) { leaderboard(challenge: $c) { total version rows { rank handle points solves } own { rank } } }`,
      { c: challenge },
    )
  ).data["leaderboard"];

test("credentials of registries are kept for their owner, and their passwords are told to nobody", async () => {
  const [ann, ben] = await Promise.all([
    new Browser(first().port).signUp(`keeper-${run}`),
    new Browser(second().port).signUp(`other-${run}`),
  ]);
  const keep = (browser: Browser, r: string, p: string) =>
    browser.ask(
      `mutation($r: String!, $p: String!) { keepRegistryCredential(registry: $r, username: "ann", password: $p) }`,
      { r, p },
    );
  const list = "{ registryCredentials { registry username } }";
  expect((await keep(ann, "registry.example.org:5000", "old")).errors).toBeUndefined();
  expect((await keep(ann, "registry.example.org:5000", "the-password")).errors).toBeUndefined();
  expect((await keep(ann, "https://registry.example.org", "p")).errors?.[0]?.message).toContain(
    "is no registry",
  );
  expect((await ann.ask(list)).data["registryCredentials"]).toEqual([
    { registry: "registry.example.org:5000", username: "ann" },
  ]);
  expect((await ben.ask(list)).data["registryCredentials"]).toEqual([]);
  expect((await new Browser(first().port).ask(list)).errors?.[0]?.extensions?.code).toBe(
    "UNAUTHENTICATED",
  );
  const stored = await first().store.registryCredentials.find().lean();
  expect(JSON.stringify(stored)).not.toContain("the-password");
  // Any api process opens them for a play's host, and only for the user they were sealed for.
  const { user } = stored[0]!;
  const kept = new RegistryCredentials(second().store, common.secret);
  expect(await kept.of(user)).toEqual([
    { registry: "registry.example.org:5000", username: "ann", password: "the-password" },
  ]);
  expect(await kept.of("another")).toEqual([]);
  await ann.ask(`mutation { removeRegistryCredential(registry: "registry.example.org:5000") }`);
  expect(await kept.of(user)).toEqual([]);
});

test("the image sources are listed: recipes, what hosts offer, and registries", async () => {
  const answer = await fetch(`http://127.0.0.1:${first().port}/api/sources`);
  expect(answer.status).toBe(200);
  const sources = (await answer.json()) as { name: string }[];
  const of = (name: string) => sources.find((source) => source.name === name);
  expect(of("debian-12")).toEqual({
    name: "debian-12",
    title: "Debian 12",
    backends: ["container"],
    kernels: [],
    help: "",
  });
  expect(of("golang")).toMatchObject({
    title: "Debian 13 with Go",
    backends: [],
    help: "An operator builds it: ./agon images build golang",
  });
  expect(of("oci://REGISTRY/REPOSITORY:TAG")).toMatchObject({ backends: ["container"] });
});

test("10.3/7: hints reach the learner and run output never; a solve is recorded once and reaches the board and the other process's subscribers", async () => {
  const ann = await new Browser(first().port).signUp(`ann-${run}`);
  const play = await begin(ann, "alpha");
  expect(await begin(ann.at(second().port), "alpha")).toBe(play);
  const live = ann
    .at(second().port)
    .subscribe(
      `subscription($id: ID!) { play(id: $id) { version snapshot { state tasks { name } } task { name state hint } state solve { points } sentAt } }`,
      { id: play },
    );
  const boards = ann
    .at(second().port)
    .subscribe(
      `subscription { leaderboard { version total snapshot { total } rows { handle points } } }`,
    );
  await until("snapshots", () => live.got[0]?.["play"].snapshot && boards.got[0]);
  expect(live.got[0]?.["play"].snapshot.tasks.map((t: { name: string }) => t.name)).toEqual([
    "init_it",
    "first",
    "second",
  ]);
  await until("the hint", () => live.got.some((u) => u["play"].task?.hint === "look closer"));
  await solve(play);
  const result = await solved(ann, play);
  expect(result).toEqual({ points: 110, firstSolve: true, hintCost: 0 });
  await until("the solve live", () => live.got.some((u) => u["play"].solve?.points === 110));
  const versions = live.got.map((update) => update["play"].version as number);
  expect(versions).toEqual([...versions].sort((a, b) => a - b));
  await until("the board live", () =>
    boards.got.some((u) =>
      u["leaderboard"].rows?.some((r: { points: number }) => r.points === 110),
    ),
  );
  live.close();
  boards.close();
  expect((await board(ann, "alpha")).rows).toEqual([
    { rank: 1, handle: `ann-${run}`, points: 110, solves: 1 },
  ]);
  // Seen again after a restart of the play: no second solve.
  const again = (await ann.ask(`mutation($id: ID!) { restartPlay(id: $id) { id } }`, { id: play }))
    .data["restartPlay"].id as string;
  expect(again).not.toBe(play);
  await solve(again);
  await until(
    "completion",
    async () => (await ann.ask(read, { id: again })).data["play"].completed,
  );
  expect((await board(ann)).rows[0]).toMatchObject({ points: 110, solves: 1 });
  expect((await ann.ask(`{ feed { handle points } me { points rank } }`)).data).toMatchObject({
    feed: [{ handle: `ann-${run}`, points: 110 }],
    me: { points: 110, rank: 1 },
  });
  const all = JSON.stringify(
    await ann.ask(
      `{ challenges { name body tasks { name needs } hints { id body } status } myPlays { id state tasks { name hint failure } } }`,
    ),
  );
  expect(all).toContain('"solved"');
  expect(all).not.toContain("secret");
  expect(all).not.toContain("aid");
  await ann.ask(`mutation($id: ID!) { endPlay(id: $id) { state } }`, { id: again });
});

test("hints and solutions cost when taken before the solve, and leave api only then", async () => {
  const bob = await new Browser(first().port).signUp(`bob-${run}`);
  const play = await begin(bob, "beta");
  const take = `mutation($h: ID!) { takeHint(challenge: "beta", hint: $h) { body cost taken } }`;
  for (const _ of [1, 2])
    expect((await bob.ask(take, { h: "hint-1" })).data["takeHint"]).toEqual({
      body: "secret-hint-1",
      cost: 10,
      taken: true,
    });
  await solve(play);
  expect(await solved(bob, play)).toEqual({ points: 100, firstSolve: true, hintCost: 10 });
  await bob.ask(take, { h: "hint-2" });
  expect((await bob.ask(`{ me { points } }`)).data["me"].points).toBe(100);
  const cleo = await new Browser(first().port).signUp(`cleo-${run}`);
  const other = await begin(cleo, "beta");
  expect(
    (await cleo.ask(`mutation { takeSolution(challenge: "beta") }`)).data["takeSolution"],
  ).toBe("secret-solution");
  await solve(other);
  expect(await solved(cleo, other)).toEqual({ points: 0, firstSolve: false, hintCost: 100 });
});

test("other people's plays do not exist; anonymous and wrong requests are told what to do", async () => {
  const dora = await new Browser(first().port).signUp(`dora-${run}`);
  const eve = await new Browser(first().port).signUp(`eve-${run}`);
  const play = await begin(dora, "gamma");
  const code = async (browser: Browser, query: string) => {
    const error = (await browser.ask(query)).errors?.[0];
    expect(error?.extensions?.help ?? "").not.toBe("");
    return error?.extensions?.code;
  };
  expect(await code(eve, `{ play(id: "${play}") { id } }`)).toBe("NOT_FOUND");
  expect(await code(eve, `mutation { openTerminal(play: "${play}", machine: "m1") { url } }`)).toBe(
    "NOT_FOUND",
  );
  expect(await code(eve, `mutation { endPlay(id: "${play}") { id } }`)).toBe("NOT_FOUND");
  expect(await code(new Browser(first().port), `{ myPlays { id } }`)).toBe("UNAUTHENTICATED");
  expect(await code(eve, `{ hosts { id } }`)).toBe("FORBIDDEN");
  expect(await code(dora, `{ playTasks(play: "${play}") }`)).toBe("FORBIDDEN");
  const input = `mutation($v: String!) { submitInput(play: "${play}", task: "second", value: $v) }`;
  expect((await dora.ask(input, { v: "a\0b" })).errors?.[0]?.extensions?.code).toBe("BAD_INPUT");
  expect((await dora.ask(input, { v: "x".repeat(4097) })).errors?.[0]?.extensions?.code).toBe(
    "BAD_INPUT",
  );
  expect((await dora.ask(input, { v: "fifty-two" })).data["submitInput"]).toBe(true);
  await until("the answer is taken", async () =>
    (await dora.ask(read, { id: play })).data["play"].tasks.some(
      (one: { name: string; state: number }) => one.name === "second" && one.state === 40,
    ),
  );
  const deep = `{ myPlays ${"{ challenge { activePlay ".repeat(8)} { id } ${"} }".repeat(8)} }`;
  expect(await code(dora, deep)).toBe("LIMIT");
  expect(
    await code(dora, `{ ${Array.from({ length: 31 }, (_, i) => `a${i}: me { id }`).join(" ")} }`),
  ).toBe("LIMIT");
  const form = await fetch(`http://127.0.0.1:${first().port}/graphql`, {
    method: "POST",
    headers: { ...dora.headers, "content-type": "text/plain" },
    body: JSON.stringify({ query: "{ me { id } }" }),
  });
  expect(form.status).toBe(415);
  // With these two all three places of a learner are taken.
  await begin(dora, "alpha");
  await begin(dora, "beta");
  expect(await code(dora, `mutation { startPlay(challenge: "delta") { id } }`)).toBe("LIMIT");
  const calls = await Promise.all(
    Array.from({ length: 70 }, () => eve.ask(`mutation { createApiKey(name: "") }`)),
  );
  expect(calls.some((answer) => answer.errors?.[0]?.extensions?.code === "LIMIT")).toBe(true);
});

test("operator's link works once; the bot's plays move no board", async () => {
  const made = await bootstrap(common);
  expect((await bootstrap(common)).botKey).toBe(made.botKey);
  const token = new URL(made.signInUrl).searchParams.get("token");
  const operator = new Browser(first().port);
  expect((await operator.post("/api/sign-in-link", { token })).status).toBe(200);
  expect((await operator.ask(`{ me { role } hosts { state maxPlays } }`)).data).toEqual({
    me: { role: "operator" },
    hosts: [{ state: "up", maxPlays: 50 }],
  });
  expect((await new Browser(first().port).post("/api/sign-in-link", { token })).status).toBe(401);
  const bot = new Browser(first().port, { authorization: `Bearer ${made.botKey}` });
  const play = await begin(bot, "epsilon");
  const rows = await until("the examiner's own account", async () => {
    const { playTasks } = (await bot.ask(`{ playTasks(play: "${play}") }`)).data;
    const tasks = JSON.parse(playTasks ?? "[]") as { name: string; controlPlaneOnly?: boolean }[];
    return tasks.some((one) => !one.controlPlaneOnly) && tasks.map((one) => one.name).sort();
  });
  expect(rows).toEqual(["aid", "first", "init_it", "second"]);
  await solve(play);
  expect(await solved(bot, play)).toMatchObject({ firstSolve: false });
  expect((await board(bot, "epsilon")).total).toBe(0);
});

test("a revoked key is worth nothing; only an operator gives roles", async () => {
  const iris = await new Browser(first().port).signUp(`iris-${run}`);
  const key = (await iris.ask(`mutation { createApiKey(name: "ci") }`)).data["createApiKey"];
  const ci = new Browser(first().port, { authorization: `Bearer ${key}` });
  expect((await ci.ask("{ me { handle role } }")).data["me"]).toEqual({
    handle: `iris-${run}`,
    role: "learner",
  });
  const role = `mutation { setRole(handle: "iris-${run}", role: author) { role } }`;
  expect((await ci.ask(role)).errors?.[0]?.extensions?.code).toBe("FORBIDDEN");
  const { operatorKey } = await bootstrap(common);
  const operator = new Browser(first().port, { authorization: `Bearer ${operatorKey}` });
  expect((await operator.ask(role)).data["setRole"]).toEqual({ role: "author" });
  expect((await operator.ask(role.replace("iris", "nobody"))).errors?.[0]?.extensions?.code).toBe(
    "NOT_FOUND",
  );
  expect((await ci.ask("{ contentErrors { file } }")).data["contentErrors"]).toEqual([]);
  const { id, name } = (await iris.ask("{ apiKeys { id name } }")).data["apiKeys"][0];
  expect(name).toBe("ci");
  const other = await new Browser(first().port).signUp(`ivo-${run}`);
  await other.ask(`mutation { revokeApiKey(id: "${id}") }`);
  expect((await ci.ask("{ me { handle } }")).data["me"]).not.toBeNull();
  await iris.ask(`mutation { revokeApiKey(id: "${id}") }`);
  expect((await ci.ask("{ me { handle } }")).data["me"]).toBeNull();
});

test("an operator's link gives a new password once and ends the old sessions", async () => {
  const { port } = first();
  const handle = `lea-${run}`;
  const lea = await new Browser(port).signUp(handle);
  const wanted = `mutation { passwordLink(handle: "${handle}") }`;
  expect((await lea.ask(wanted)).errors?.[0]?.extensions?.code).toBe("FORBIDDEN");
  const { operatorKey } = await bootstrap(common);
  const operator = new Browser(port, { authorization: `Bearer ${operatorKey}` });
  const link = new URL((await operator.ask(wanted)).data["passwordLink"]);
  expect(link.pathname).toBe("/sign-in");
  const post = (path: string, body: object) =>
    fetch(`http://127.0.0.1:${port}/api/auth/${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", origin: `http://127.0.0.1:${port}` },
      body: JSON.stringify(body),
    });
  const renew = { newPassword: "another horse 8", token: link.searchParams.get("reset") };
  expect((await post("reset-password", renew)).status).toBe(200);
  expect((await post("reset-password", renew)).status).toBe(400);
  await expect.poll(async () => (await lea.ask("{ me { handle } }")).data["me"]).toBeNull();
  const email = `${handle}@example.org`;
  expect((await post("sign-in/email", { email, password: renew.newPassword })).status).toBe(200);
});

test("a lost process loses nothing: the other one goes on from the log", async () => {
  const finn = await new Browser(second().port).signUp(`finn-${run}`);
  const play = await begin(finn, "delta");
  await first().close();
  await solve(play);
  expect(await solved(finn, play)).toMatchObject({ points: 110 });
  apps[0] = await open("api-1b");
  expect((await finn.at(first().port).ask(read, { id: play })).data["play"].solve.points).toBe(110);
});

test("kill -9 while events come in: every solve is recorded, once", async () => {
  const players: { browser: Browser; play: string }[] = [];
  for (const name of ["hal", "ivy", "jon", "kim"]) {
    const browser = await new Browser(second().port).signUp(`${name}-${run}`);
    players.push({ browser, play: await begin(browser, "gamma") });
  }
  for (const { browser, play } of players)
    await until("the machine is ready", async () => {
      const { state } = (await browser.ask(read, { id: play })).data["play"];
      return state === "RUNNING";
    });
  await Promise.all(apps.map((app) => app.close()));
  const outside = await openStore(common.mongoUrl);
  const { events } = outside;
  const empty = mkdtempSync(join(tmpdir(), "agon-api-empty-"));
  onTestFinished(() => rmSync(empty, { recursive: true, force: true }));
  const child = spawn(process.execPath, ["src/main.ts"], {
    cwd: new URL("..", import.meta.url),
    stdio: "ignore",
    env: {
      ...process.env,
      PORT: "0",
      MONGO_URL: common.mongoUrl,
      REDIS_URL: common.redisUrl,
      AGON_ARENA_ID: common.arena,
      AGON_API_ID: "api-killed",
      AGON_PKI: host.pki,
      AGON_HOSTS: JSON.stringify([{ id: "host-1", grpc: host.grpc }]),
      AGON_CONTENT_DIR: empty,
      AGON_PLAYGROUNDS_DIR: empty,
      AGON_SECRET: common.secret,
      AGON_PUBLIC_URL: common.publicUrl,
      AGON_ROOT: empty,
    },
  });
  await until("the child takes the host's events", async () => {
    const { lease } = (await outside.hosts.findById("host-1").lean())!;
    return lease.api === "api-killed" && lease.until > Date.now();
  });
  await Promise.all(players.map(({ play }) => solve(play)));
  // In the middle: some of it is in the log, some is not, some is folded.
  await until("the first completed task in the log", () =>
    events.exists({
      log: { $in: players.map(({ play }) => play) },
      "data.changed.task": "first",
      "data.changed.state": 40,
    }),
  );
  child.kill("SIGKILL");
  await outside.close();
  apps[0] = await open("api-1c");
  apps[1] = await open("api-2c");
  for (const { browser, play } of players)
    expect(await solved(browser.at(first().port), play)).toMatchObject({ hintCost: 0 });
  const page = await board(players[0]?.browser.at(second().port) as Browser, "gamma");
  expect(page.total).toBe(players.length);
  expect(page.rows.map((row: { points: number }) => row.points)).toEqual([110, 100, 100, 100]);
  expect(digestBoards(await first().boards.readRedis())).toBe(
    digestBoards(await first().boards.foldLog()),
  );
});

test("a flushed Redis: boards come back bit for bit, sessions stay", async () => {
  const redis = createRedis(common.redisUrl, log);
  await redis.connect();
  const gail = await new Browser(first().port).signUp(`gail-${run}`);
  const before = digestBoards(await first().boards.readRedis());
  expect(digestBoards(await first().boards.foldLog())).toBe(before);
  await redis.flushAll();
  expect((await gail.ask(`{ me { handle } }`)).data["me"].handle).toBe(`gail-${run}`);
  expect((await board(gail)).rows.length).toBeGreaterThan(2);
  await until("the boards", async () => digestBoards(await first().boards.readRedis()) === before);
  redis.destroy();
});
