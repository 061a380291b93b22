import { createHash } from "node:crypto";
import { until } from "@agon/testing/until";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startApp, type App } from "../src/app.ts";
import { bootstrap } from "../src/bootstrap.ts";
import type { Pushed } from "../src/drafts.ts";
import { execIn } from "./machine-exec.ts";
import { RealHost } from "./real-host.ts";
import { Browser, catalogue, challenge } from "./rig.ts";
import { log, ownArena } from "./own-arena.ts";

const { run, common: own } = ownArena("drafts");
const common = {
  ...own,
  catalogue: {
    ...catalogue("alpha"),
    playgrounds: new Map([["pg", challenge("alpha").playground]]),
  },
  sweepMs: 1000,
};
const host = new RealHost(common.arena);
let apps: App[] = [];
let author: Browser;
const open = (api: string): Promise<App> =>
  startApp({ ...common, api, pki: host.pki, hosts: [{ id: "host-1", grpc: host.grpc }] }, log);

beforeAll(async () => {
  await host.open();
  apps = [await open("api-1"), await open("api-2")];
  const { operatorKey } = await bootstrap(common);
  author = new Browser(apps[0]!.port, { authorization: `Bearer ${operatorKey}` });
});
afterAll(async () => {
  await Promise.all(apps.map((app) => app.close()));
  await host.close();
});

const index = (tasks: string, body = "Words.") => `---
kind: challenge
title: A draft of a test
description: Words
difficulty: easy
categories: [linux]
tagz: [a]
createdAt: 2026-11-28
playground: pg
tasks:
${tasks.replace(/^(?=.)/gm, "  ")}
---

${body}
`;
const file = (path: string, text: string) => ({
  path,
  sha256: createHash("sha256").update(text).digest("hex"),
  content: Buffer.from(text).toString("base64"),
});
const push = async (text: string, who = author): Promise<Pushed> => {
  const response = await who.post("/api/drafts/mine", { files: [file("index.md", text)] });
  const answer = (await response.json()) as Pushed;
  expect(response.status, JSON.stringify(answer)).toBe(200);
  return answer;
};
const read = `query($id: ID!) { play(id: $id) { state version completed solve { points } challenge { title body tasks { name } } tasks { name state generation } draft { fresh problems { file line severity message } } } }`;
const play = async (id: string, who = author) => (await who.ask(read, { id })).data["play"];
const states = async (id: string) =>
  Object.fromEntries(
    ((await play(id)).tasks as { name: string; state: number; generation: number }[]).map(
      ({ name, state, generation }) => [name, [state, generation]],
    ),
  );

const ONE = "init_it:\n  init: true\n  run: 'true'\n";
const GROUND = `${ONE}first:\n  run: test -e /first\nthird:\n  needs: [first]\n  run: 'true'\n`;

test("a push changes the running play: text at once, tasks by what they are, and nobody else sees any of it", async () => {
  const pushed = await push(index(`${GROUND}second:\n  run: test -e /second\n`));
  expect(pushed).toMatchObject({ loaded: true, play: null });
  const started = await author.ask(
    `mutation { startPlay(challenge: "draft:mine") { id draft { fresh } } }`,
  );
  const id = started.data["startPlay"].id as string;
  const live = author
    .at(apps[1]!.port)
    .subscribe(
      `subscription($id: ID!) { play(id: $id) { version snapshot { challenge { body } tasks { name state generation } } task { name state generation } } }`,
      { id },
    );
  await until("it runs", async () => (await play(id)).state === "RUNNING", 100);
  await host.touch(id, "/first", "/second");
  await until("all are completed", async () => (await states(id))["second"]?.[0] === 40);
  await until("the last one, too", async () => (await states(id))["third"]?.[0] === 40);

  // Only text.
  await push(index(`${GROUND}second:\n  run: test -e /second\n`, "Other words."));
  expect((await play(id)).challenge.body).toContain("Other words.");
  await until("the page has it", () =>
    live.got.some((one) => one["play"]?.snapshot?.challenge.body.includes("Other words.")),
  );
  expect(await states(id)).toMatchObject({ first: [40, 0], second: [40, 0], third: [40, 0] });

  // One task changes: it and what depends on it start over, the others stay.
  const changed = await push(
    index(
      `${GROUND.replace("test -e /first", "test -e /first && test -e /more")}fourth:\n  run: 'true'\n`,
    ),
  );
  expect(changed).toMatchObject({
    restarted: ["first", "third"],
    added: ["fourth"],
    removed: ["second"],
    fresh: [],
    late: "",
  });
  await until("the new task", async () => (await states(id))["fourth"]?.[0] === 40);
  const now = await states(id);
  expect(now["first"]).toEqual([30, 1]);
  expect(now["third"]).toEqual([20, 1]);
  expect(now["second"]).toBeUndefined();
  await host.touch(id, "/more");
  await until("the changed task", async () => (await states(id))["third"]?.[0] === 40);

  // An init task keeps its state, and the page says so.
  const init = await push(
    index(
      `${GROUND.replace("test -e /first", "test -e /first && test -e /more")}fourth:\n  run: 'true'\n`.replace(
        "run: 'true'",
        "run: echo other",
      ),
    ),
  );
  expect(init.fresh).toEqual(["Init task init_it changed"]);
  expect(init.restarted).toEqual([]);
  expect((await play(id)).draft.fresh).toEqual(["Init task init_it changed"]);
  expect((await states(id))["init_it"]).toEqual([40, 0]);

  // What does not load is told with its place; the last good version goes on.
  const broken = await push(index("first:\n  needs: [nobody]\n  run: 'true'\n"));
  expect(broken.loaded).toBe(false);
  const shown = await play(id);
  expect(shown.draft.problems[0]).toMatchObject({ file: "index.md", severity: "error" });
  expect(shown.challenge.tasks.map((one: { name: string }) => one.name)).toContain("fourth");

  // Never ranked, never listed.
  expect(shown.completed).toBe(true);
  expect(shown.solve).toBeNull();
  const other = await new Browser(apps[0]!.port).signUp(`eve-${run}`);
  expect(await play(id, other)).toBeNull();
  expect(
    (await other.ask(`mutation { startPlay(challenge: "draft:mine") { id } }`)).errors?.[0]
      ?.extensions?.code,
  ).toBe("NOT_FOUND");
  const listed = await other.ask(
    `{ challenges { name } leaderboard { total } feed { challenge } profile(handle: "operator") { attempts { challenge } } }`,
  );
  expect(JSON.stringify(listed.data)).not.toContain("draft");
  expect((await other.post("/api/drafts/mine", { files: [] })).status).toBe(403);
  live.close();

  // Killed and begun again in any process: the same view from the same log.
  const before = await play(id);
  await apps[0]!.close();
  apps[0] = await open("api-1");
  author = new Browser(apps[0].port, author.headers);
  expect(await play(id)).toEqual(before);
  await author.ask("mutation($id: ID!) { endPlay(id: $id) { id } }", { id });
});

test("what was wrong before a play started is on its page from the first moment, and gone with the save that puts it right", async () => {
  // Neither loads less: a warning, and a script that bash cannot read.
  const wrong = `${GROUND}odd:\n  run: if true\n  needz: [first]\n`;
  const pushed = await push(index(wrong));
  expect(pushed).toMatchObject({ loaded: true, play: null });
  const told = pushed.problems.map(({ message }) => message);
  expect(told.length).toBeGreaterThan(1);
  const started = await author.ask(`mutation { startPlay(challenge: "draft:mine") { id } }`);
  const id = started.data["startPlay"].id as string;
  const shown = async (play_: string) =>
    (await play(play_)).draft.problems.map((one: { message: string }) => one.message);
  expect(await shown(id)).toEqual(told);

  // The same folder again changes nothing; a play that is started anew says it from its beginning, too.
  await push(index(wrong));
  expect(await shown(id)).toEqual(told);
  await until("it runs", async () => (await play(id)).state === "RUNNING", 100);
  const restarted = await author.ask("mutation($id: ID!) { restartPlay(id: $id) { id } }", { id });
  const next = restarted.data["restartPlay"].id as string;
  expect(next).not.toBe(id);
  expect(await shown(next)).toEqual(told);

  await push(index(GROUND));
  expect(await shown(next)).toEqual(
    (await push(index(GROUND))).problems.map(({ message }) => message),
  );
  expect(await shown(next)).not.toEqual(told);
  await author.ask("mutation($id: ID!) { endPlay(id: $id) { id } }", { id: next });
});

test("after an init task failed the machines can be reached; what can't work is refused with that reason", async () => {
  const failing = GROUND.replace(
    "run: 'true'",
    "failcheck: echo The ground is wet.; false\n  run: 'true'",
  );
  await push(index(failing));
  const started = await author.ask(`mutation { startPlay(challenge: "draft:mine") { id } }`);
  const id = started.data["startPlay"].id as string;
  const seen = async () =>
    (await author.ask(`query($id: ID!) { play(id: $id) { state failed reason } }`, { id })).data[
      "play"
    ];
  await until("it failed", async () => (await seen()).failed, 100);
  expect(await seen()).toEqual({
    state: "WARMING_UP",
    failed: true,
    reason: "init task init_it failed: The ground is wet.",
  });
  const exec = () => execIn(author, host.terminal, id, "m1", "echo reached");
  expect(await exec()).toBe("reached\n");
  // A host that was killed finds it as it was, and does not give it up as too slow.
  await host.restart();
  await until("its host is there again", () => exec().catch(() => undefined), 100);
  expect(await seen()).toMatchObject({ state: "WARMING_UP", failed: true });
  for (const act of ["pausePlay(id: $id)", "forkPlay(id: $id)"]) {
    const refused = await author.ask(`mutation($id: ID!) { ${act} { id } }`, { id });
    expect(refused.errors?.[0]?.message, act).toBe("The play failed before it was ready.");
  }
  // Other machines, other luck.
  await push(index(GROUND));
  const again = await author.ask("mutation($id: ID!) { restartPlay(id: $id) { id } }", { id });
  const next = again.data["restartPlay"].id as string;
  await until("it runs", async () => (await play(next)).state === "RUNNING", 100);
  expect((await seen()).state).toMatch(/^DESTROY/);
  await author.ask("mutation($id: ID!) { endPlay(id: $id) { id } }", { id: next });
});

test("a play that failed before it was ready and that nobody looks at ends by itself", async () => {
  await push(index(GROUND.replace("run: 'true'", "failcheck: 'false'\n  run: 'true'")));
  const started = await author.ask(`mutation { startPlay(challenge: "draft:mine") { id } }`);
  const id = started.data["startPlay"].id as string;
  const seen = async () =>
    (await author.ask(`query($id: ID!) { play(id: $id) { state failed reason } }`, { id })).data[
      "play"
    ];
  await until("it failed", async () => (await seen()).failed, 100);
  // An event of its machine that comes meanwhile writes the view that it read before.
  const nobodyLooks = () =>
    apps[0]!.store.plays.updateOne(
      { _id: id, "view.state": "WARMING_UP" },
      { $set: { "view.idleStopsAt": Date.now() - 1 } },
    );
  await until(
    "it ended",
    async () => (await nobodyLooks()) && (await seen()).state === "DESTROYED",
    100,
  );
  expect((await seen()).reason).toBe("It failed before it was ready, and nobody looked at it.");
  await push(index(GROUND));
});

test("files that the arena has are named by their hash; those that it lacks are asked for", async () => {
  const asset = file("__static__/pic.txt", `picture ${run}`);
  const text = file("index.md", index(GROUND));
  const { content: _, ...named } = asset;
  const first = await author.post("/api/drafts/assets", { files: [text, named] });
  expect(first.status).toBe(409);
  expect(await first.json()).toEqual({ missing: [asset.sha256] });
  expect((await author.post("/api/drafts/assets", { files: [text, asset] })).status).toBe(200);
  expect((await author.post("/api/drafts/assets", { files: [text, named] })).status).toBe(200);
  const get = (who: Browser) =>
    fetch(`http://127.0.0.1:${who.port}/__static__/draft:assets/pic.txt`, { headers: who.headers });
  expect(await (await get(author)).text()).toBe(`picture ${run}`);
  const other = await new Browser(apps[0]!.port).signUp(`ned-${run}`);
  expect((await get(other)).status).toBe(404);
});

test("what is no folder is refused with the reason", async () => {
  const bad = async (files: unknown, name = "mine") =>
    (await author.post(`/api/drafts/${name}`, { files })).status;
  expect(await bad([file("../x", "y")])).toBe(400);
  expect(await bad([file("/etc/passwd", "y")])).toBe(400);
  expect(await bad([{ ...file("a", "y"), content: "eg==" }])).toBe(400);
  expect(await bad([], "No Name")).toBe(400);
  expect(await bad("no list")).toBe(400);
});
