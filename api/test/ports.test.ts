import { request } from "node:http";
import { until } from "@agon/testing/until";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startApp, type App } from "../src/app.ts";
import { ContentFolder, log, ownArena } from "./own-arena.ts";
import { RealHost } from "./real-host.ts";
import { Browser } from "./rig.ts";

const { run, common } = ownArena("ports");
const host = new RealHost(common.arena);
const content = new ContentFolder();
let app: App;
let ann: Browser;
let bob: Browser;
let key = "";
let play = "";

const PLAYGROUND = `
  machines:
    - name: shop
      users: [{ name: laborant, default: true }]
      drives: [{ source: debian-12, mount: / }]
      network: { interfaces: [{ network: local }] }
    - name: vault
      noSSH: true
      drives: [{ source: debian-12, mount: / }]
      network: { interfaces: [{ network: local }] }
  tabs:
    - { machine: shop }
    - { kind: http-port, id: desk, name: Desk, machine: vault, number: 8081, hostRewrite: desk.example }`;

beforeAll(async () => {
  content.write(
    "challenges/shop/index.md",
    `kind: challenge\ndifficulty: easy\nplayground:\n  name: flexbox${PLAYGROUND}\ntasks:\n  verify_it: { machine: shop, run: "false", hintcheck: echo Buy. }`,
    "::simple-task\n---\n:tasks: tasks\n:name: verify_it\n---\n#active\nBuy.\n#completed\nDone.\n::\n",
  );
  await host.open();
  const catalogue = await content.load();
  expect(catalogue.problems).toEqual([]);
  app = await startApp(
    {
      ...common,
      api: "api-1",
      catalogue,
      playgroundsDir: "",
      pki: host.pki,
      hosts: [{ id: "host-1", grpc: host.grpc }],
    },
    log,
  );
  ann = await new Browser(app.port).signUp(`ann-${run}`);
  bob = await new Browser(app.port).signUp(`bob-${run}`);
  key = (await ann.ask(`mutation { createApiKey(name: "a client") }`)).data["createApiKey"];
  const { data } = await ann.ask(`mutation { startPlay(challenge: "shop") { id } }`);
  play = data["startPlay"].id;
  await runs();
  await host.runIn(
    play,
    "shop",
    "sh",
    "-c",
    "mkdir /srv/shop && echo open >/srv/shop/index.html && systemd-run -q --working-directory=/srv/shop python3 -m http.server 8080 && timeout 30 sh -c 'until ss -Hltn sport = :8080 | grep -q .; do sleep 0.2; done'",
  );
}, 240_000);
afterAll(async () => {
  await app?.close();
  await host.close();
  content[Symbol.dispose]();
});

const state = async () =>
  (await ann.ask(`query($p: ID!) { play(id: $p) { state } }`, { p: play })).data["play"].state;
const runs = () => until("the play runs", async () => (await state()) === "RUNNING", 200);
const OPEN = `mutation($p: ID!, $i: ID, $t: ID, $m: String, $n: Int, $o: Boolean) { openPort(play: $p, id: $i, tab: $t, machine: $m, port: $n, public: $o) }`;
const open = async (asked: object, who = ann) => await who.ask(OPEN, { p: play, ...asked });
const CLOSE = `mutation($p: ID!, $i: ID!) { closePort(play: $p, id: $i) }`;
const close = async (id: string, who = ann) => await who.ask(CLOSE, { p: play, i: id });
const LIST = `query($p: ID!) { playPorts(play: $p) { id machine port https public url openedAt } }`;
const list = async (who = ann) => (await who.ask(LIST, { p: play })).data?.["playPorts"];
/** What a browser gets at an address: names of tests lead nowhere, so the host is asked itself. */
const get = (address: string) =>
  new Promise<{ status: number; text: string }>((resolve, reject) => {
    const url = new URL(address);
    request(
      { host: "127.0.0.1", port: host.terminal, path: url.pathname, headers: { host: url.host } },
      async (answer) => {
        let text = "";
        for await (const part of answer.setEncoding("utf8")) text += part;
        resolve({ status: answer.statusCode!, text });
      },
    )
      .once("error", reject)
      .end();
  });
/** A call of an existing client. */
async function rest(method: string, path: string, body?: object) {
  const answer = await fetch(`http://127.0.0.1:${app.port}/api/plays/${play}${path}`, {
    method,
    headers: { authorization: `Bearer ${key}` },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, text, json: answer.ok ? JSON.parse(text) : undefined };
}

test("a play's ports are listed for its owner, opened again by their id, and closed for good", async () => {
  const address = (await open({ m: "shop", n: 8080, o: true })).data["openPort"];
  await open({ t: "desk" });
  const [shop, desk] = await list();
  expect(shop).toMatchObject({
    machine: "shop",
    port: 8080,
    https: false,
    public: true,
    url: address,
  });
  expect(Date.parse(shop.openedAt)).toBeGreaterThan(0);
  expect(desk).toMatchObject({ machine: "vault", port: 8081, public: false });
  expect((await get(address)).text).toBe("open\n");
  // A fresh way into the one of the tab, with its own Host header and though its machine gives no terminals.
  const fresh = (await open({ i: desk.id })).data["openPort"];
  expect(new URL(fresh).host).toBe(new URL(desk.url).host);
  expect(fresh).not.toBe(desk.url);
  expect(await list()).toHaveLength(2);
  expect((await close(shop.id)).data["closePort"]).toBe(true);
  expect((await close(shop.id)).data["closePort"]).toBe(true);
  expect((await get(address)).status).toBe(404);
  expect((await list()).map(({ id }: { id: string }) => id)).toEqual([desk.id]);
  expect((await open({ i: shop.id })).errors?.[0]?.extensions?.code).toBe("NOT_FOUND");
  await close(desk.id);
});

test("nobody else lists or closes them", async () => {
  await open({ m: "shop", n: 8080, o: true });
  const [{ id, url }] = await list();
  expect((await bob.ask(LIST, { p: play })).errors?.[0]?.extensions?.code).toBe("NOT_FOUND");
  expect((await close(id, bob)).errors?.[0]?.extensions?.code).toBe("NOT_FOUND");
  expect((await get(url)).status).toBe(200);
  await close(id);
});

test("existing clients expose, list and remove ports, and learn that no shells are exposed", async () => {
  const wish = { machine: "shop", number: 8080, access: "public", pathRewrite: "/index.html" };
  const exposed = await rest("POST", "/ports", wish);
  expect(exposed.json).toMatchObject({
    ...wish,
    playId: play,
    tls: false,
    hostRewrite: "",
    hostname: new URL(exposed.json.url).hostname,
  });
  expect((await rest("GET", "/ports")).json).toEqual([exposed.json]);
  expect((await rest("GET", "/shells")).json).toEqual([]);
  // Of a private one the first answer has the address that lets a browser in; the list has the lasting one.
  const own = await rest("POST", "/ports", { machine: "shop", number: 8080, access: "private" });
  expect(own.json.url).toContain("key=");
  const listed = (await rest("GET", "/ports")).json[1];
  expect(listed).toEqual({ ...own.json, url: `http://${own.json.hostname}/` });
  expect((await get(listed.url)).status).toBe(403);
  const wrong = async (body: object) => (await rest("POST", "/ports", body)).text;
  expect(await wrong({ ...wish, number: 70_000 })).toContain("70000 is no port");
  expect(await wrong({ ...wish, number: "8080" })).toContain("Send a machine and a number");
  expect(await wrong({ ...wish, access: "all" })).toContain("Send public or private");
  expect(await wrong({ ...wish, machine: "vault" })).toContain("Ports of vault are not open");
  expect(await wrong({ ...wish, machine: "moon" })).toContain("no machine moon");
  expect(await wrong({ ...wish, pathRewrite: "?x" })).toContain("pathRewrite is no path");
  expect((await rest("DELETE", `/ports/${exposed.json.id}`)).status).toBe(200);
  expect((await get(exposed.json.url)).status).toBe(404);
  expect((await rest("DELETE", `/ports/${exposed.json.id}`)).status).toBe(404);
  await rest("DELETE", `/ports/${own.json.id}`);
  expect((await rest("GET", "/ports")).json).toEqual([]);
});

test("ports stay over a pause, can be closed in it, and are gone with the play", async () => {
  await open({ m: "shop", n: 8080, o: true });
  await open({ m: "shop", n: 8090, o: true });
  const [stays, closed] = await list();
  await ann.ask(`mutation($p: ID!) { pausePlay(id: $p) { state } }`, { p: play });
  await until("it is paused", async () => (await state()) === "STOPPED", 100);
  expect((await get(stays.url)).status).toBe(503);
  expect((await close(closed.id)).data["closePort"]).toBe(true);
  expect((await list()).map(({ id }: { id: string }) => id)).toEqual([stays.id]);
  await ann.ask(`mutation($p: ID!) { resumePlay(id: $p) { state } }`, { p: play });
  await runs();
  expect(await list()).toEqual([stays]);
  await ann.ask(`mutation($p: ID!) { endPlay(id: $p) { state } }`, { p: play });
  await until("it is over", async () => (await state()) === "DESTROYED", 100);
  expect(await list()).toEqual([]);
  expect((await close(stays.id)).data["closePort"]).toBe(true);
  expect((await get(stays.url)).status).toBe(404);
}, 240_000);
