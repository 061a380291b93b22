import { createHash } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { RestArena } from "./rest-arena.ts";
import { Client, loggedIn } from "./rest-client.ts";
import { Browser } from "./rig.ts";

let arena: RestArena;
let ann: Browser;

beforeAll(async () => {
  arena = await RestArena.open("client-sessions");
  ann = arena.ann;
});
afterAll(() => arena[Symbol.asyncDispose]());

/** Somebody who is not logged in. */
const nobody = () => new Client(arena.app.port, "", "");

test("a client waits until its user lets it in on the page; its token is stored as a hash and shown nowhere again", async () => {
  const { id, accessToken, authUrl, authenticated } = await nobody().ok("POST", "/api/sessions");
  expect(authenticated).toBe(false);
  expect(id).toMatch(/^[^:]+$/);
  const page = new URL(authUrl);
  expect(page.origin + page.pathname).toBe(`http://127.0.0.1:3000/cli/${id}`);
  const client = new Client(arena.app.port, id, accessToken);
  expect(await client.ok("GET", `/api/sessions/${id}`)).toEqual({
    id,
    authenticated: false,
    userId: "",
    accessToken: "",
    authUrl: "",
  });
  // Until then it is nobody.
  expect((await client.call("GET", "/api/auth/me?authenticate=true")).status).toBe(401);
  expect(
    (await new Client(arena.app.port, id, "wrong").call("GET", `/api/sessions/${id}`)).status,
  ).toBe(401);
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
  const stored = JSON.stringify(await arena.app.store.clientSessions.find().lean());
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
  const bob = await new Browser(arena.app.port).signUp(`bob-${arena.run}`);
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
    const answer = await fetch(`http://127.0.0.1:${arena.app.port}/api/sessions`, {
      method: "POST",
      headers: { "x-forwarded-for": "203.0.113.9" },
    });
    if (answer.status !== 201)
      refused = { status: answer.status, reset: answer.headers.get("x-ratelimit-reset") };
  }
  expect(refused?.status).toBe(429);
  expect(Number(refused?.reset)).toBeGreaterThan(0);
  // Others are not held up by them.
  expect((await nobody().call("POST", "/api/sessions")).status).toBe(201);
});
