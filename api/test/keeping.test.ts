import { randomBytes } from "node:crypto";
import { serviceLog } from "@agon/daemon/log";
import { until } from "@agon/testing/until";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startApp, type App } from "../src/app.ts";
import type { PlayLimits } from "../src/play-limits.ts";
import { RealHost } from "./real-host.ts";
import { Browser, catalogue } from "./rig.ts";

const mongo = process.env["AGON_TEST_MONGO_URL"];
const redisUrl = process.env["AGON_TEST_REDIS_URL"];
if (!mongo || !redisUrl) throw new Error("Set AGON_TEST_MONGO_URL and AGON_TEST_REDIS_URL");
const log = serviceLog("api-test");
log.level = process.env["LOG_LEVEL"] ?? "error";
const run = randomBytes(4).toString("hex");
const host = new RealHost(`kept-${run}`);
/** Changed by tests: the sweep reads them each time. */
const limits: PlayLimits = {
  lifetimeMs: 3600_000,
  extensionMs: 3600_000,
  maxExtensions: 3,
  idleMs: 0,
  seats: { learner: 2, bot: 6 },
  kept: 1,
  keptMs: 3600_000,
};
let app: App;
const open = (): Promise<App> =>
  startApp(
    {
      port: 0,
      mongoUrl: `${mongo.replace(/\/$/, "")}/agon-kept-${run}`,
      redisUrl,
      arena: `kept-${run}`,
      api: "api-1",
      pki: host.pki,
      hosts: [{ id: "host-1", grpc: host.grpc }],
      secret: "a secret of the tests only, long enough",
      publicUrl: "http://127.0.0.1:3000",
      catalogue: catalogue("alpha", "beta", "gamma"),
      sweepMs: 300,
      plays: limits,
    },
    log,
  );

beforeAll(async () => {
  await host.open();
  app = await open();
});
afterAll(async () => {
  await app.close();
  await host.close();
});

const read = `query($id: ID!) { play(id: $id) { state reason stoppedMs stoppedAt keptUntil expiresAt readyAt forkedFrom completed tasks { name state } solve { seconds } } }`;
const play = async (who: Browser, id: string) => (await who.ask(read, { id })).data["play"];
const reach = (who: Browser, id: string, state: string) =>
  until(`${id} is ${state}`, async () => (await play(who, id)).state === state);
async function begin(who: Browser, challenge: string): Promise<string> {
  const { data, errors } = await who.ask(
    `mutation($c: String!) { startPlay(challenge: $c) { id } }`,
    { c: challenge },
  );
  expect(errors).toBeUndefined();
  const id = data["startPlay"].id as string;
  await reach(who, id, "RUNNING");
  return id;
}
const act = (who: Browser, name: string, id: string, more = "") =>
  who.ask(`mutation($id: ID!) { ${name}(id: $id${more}) { id state } }`, { id });

test("a paused play holds no seat but a place among kept ones, stands still, and goes on with its states", async () => {
  const ann = await new Browser(app.port).signUp(`ann-${run}`);
  const first = await begin(ann, "alpha");
  await host.touch(first, "/first");
  await until("a task", async () =>
    (await play(ann, first)).tasks.some(
      ({ name, state }: { name: string; state: number }) => name === "first" && state === 40,
    ),
  );
  const second = await begin(ann, "beta");
  const full = await ann.ask(`mutation { startPlay(challenge: "gamma") { id } }`);
  expect(full.errors?.[0]?.extensions).toMatchObject({
    code: "LIMIT",
    help: expect.stringContaining("Pause"),
  });
  // Twice at once is once.
  await Promise.all([act(ann, "pausePlay", first), act(ann, "pausePlay", first)]);
  await reach(ann, first, "STOPPED");
  const third = await until("its seat is free", async () => {
    const { data } = await ann.ask(`mutation { startPlay(challenge: "gamma") { id } }`);
    return data?.["startPlay"]?.id as string | undefined;
  });
  await reach(ann, third, "RUNNING");
  // One may be kept: the next pause says what to do.
  const quota = await act(ann, "pausePlay", second);
  expect(quota.errors?.[0]?.message).toContain("You keep 1 paused play");
  expect(quota.errors?.[0]?.extensions?.help).toContain("end one");
  const seats = await act(ann, "resumePlay", first);
  expect(seats.errors?.[0]?.extensions?.code).toBe("LIMIT");
  await act(ann, "endPlay", third);
  await act(ann, "endPlay", second);
  // A process that dies between asking and the host's answer is nothing new to the next one.
  await app.close();
  app = await open();
  ann.port = app.port;
  await act(ann, "resumePlay", first);
  await reach(ann, first, "RUNNING");
  const { stoppedMs, stoppedAt, tasks } = await play(ann, first);
  expect(stoppedMs).toBeGreaterThan(0);
  expect(stoppedAt).toBeNull();
  expect(tasks).toContainEqual({ name: "first", state: 40 });
  await host.touch(first, "/second");
  const solve = await until("the solve", async () => (await play(ann, first)).solve);
  const { readyAt } = await play(ann, first);
  expect(solve.seconds).toBeLessThan((Date.now() - Date.parse(readyAt) - stoppedMs) / 1000 + 1);
  await act(ann, "endPlay", first);
});

test("a paused play is forked: the copy's log begins with where it comes from, and no challenge is solved twice", async () => {
  const bob = await new Browser(app.port).signUp(`bob-${run}`);
  const first = await begin(bob, "alpha");
  await host.touch(first, "/first");
  await until("a task", async () =>
    (await play(bob, first)).tasks.some(
      ({ name, state }: { name: string; state: number }) => name === "first" && state === 40,
    ),
  );
  const refused = await act(bob, "forkPlay", first);
  expect(refused.errors?.[0]?.message).toMatch(/container.*pause the play/);
  await until(
    "nothing of the refused copy is active",
    async () => (await bob.ask(`{ myPlays(active: true) { id } }`)).data["myPlays"].length === 1,
  );
  await act(bob, "pausePlay", first);
  await reach(bob, first, "STOPPED");
  const copy = (await act(bob, "forkPlay", first)).data["forkPlay"].id as string;
  await reach(bob, copy, "RUNNING");
  expect(await play(bob, copy)).toMatchObject({ forkedFrom: first });
  expect((await play(bob, copy)).tasks).toContainEqual({ name: "first", state: 40 });
  const events = await app.store.events.find({ log: copy }).lean();
  const kinds = events.toSorted((a, b) => a.seq - b.seq).map(({ type }) => type);
  expect(kinds.slice(0, 2)).toEqual(["fork", "forked"]);
  await host.touch(copy, "/second");
  await until("the copy is complete", async () => (await play(bob, copy)).solve);
  await act(bob, "resumePlay", first);
  await reach(bob, first, "RUNNING");
  await host.touch(first, "/second");
  await until("the other one, too", async () => (await play(bob, first)).completed);
  expect(await app.store.solves.countDocuments({ user: { $ne: "" }, challenge: "alpha" })).toBe(2);
  expect((await play(bob, first)).solve).toBeNull();
  for (const id of [copy, first]) await act(bob, "endPlay", id);
});

test("what runs out is paused by itself; what nobody takes up again is deleted", async () => {
  const cid = await new Browser(app.port).signUp(`cid-${run}`);
  const first = await begin(cid, "alpha");
  const second = await begin(cid, "beta");
  const soon = { $set: { "view.expiresAt": Date.now() - 1 } };
  await app.store.plays.updateOne({ _id: first }, soon);
  await reach(cid, first, "STOPPED");
  expect(await play(cid, first)).toMatchObject({ reason: "Its time was over." });
  expect((await play(cid, first)).keptUntil).not.toBeNull();
  // There is no place for another one.
  await app.store.plays.updateOne({ _id: second }, soon);
  await reach(cid, second, "DESTROYED");
  expect((await play(cid, second)).reason).toContain("You keep 1 paused play");
  limits.keptMs = 0;
  await reach(cid, first, "DESTROYED");
  expect((await play(cid, first)).reason).toContain("kept");
  limits.keptMs = 3600_000;
  expect(await app.store.places.countDocuments({ play: { $in: [first, second] } })).toBe(0);
});
