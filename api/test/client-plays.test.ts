import { until } from "@agon/testing/until";
import { afterAll, beforeAll, expect, test } from "vitest";
import { RestArena } from "./rest-arena.ts";
import { dial, loggedIn, type Body } from "./rest-client.ts";
import { Browser } from "./rig.ts";

let arena: RestArena;
let ann: Browser;

beforeAll(async () => {
  arena = await RestArena.open("client-plays");
  ann = arena.ann;
});
afterAll(() => arena[Symbol.asyncDispose]());

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
  const { messages, closed } = dial(arena.app.port, url);
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
  const eve = await new Browser(arena.app.port).signUp(`eve-${arena.run}`);
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
  const { messages, socket } = dial(arena.app.port, url);
  await arena.host.touch(play.id, "/first", "/second");
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
    const { socket } = dial(arena.app.port, `ws://x/api/conns/${token}`);
    const refused = await new Promise((done) =>
      socket
        .on("unexpected-response", (_, answer) => done(answer.statusCode))
        .on("error", () => undefined),
    );
    expect(refused).toBe(403);
  }
  const eve = await loggedIn(await new Browser(arena.app.port).signUp(`eva-${arena.run}`));
  expect((await eve.call("POST", `/api/plays/${play.id}/conns`)).status).toBe(404);
  await client.ok("POST", `/api/plays/${play.id}/actions`, { action: "destroy" });
});
