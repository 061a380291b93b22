import { join } from "node:path";
import { until } from "@agon/testing/until";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startApp, type App } from "../src/app.ts";
import { ContentFolder, log, ownArena } from "./own-arena.ts";
import { RealHost } from "./real-host.ts";
import { Browser } from "./rig.ts";

const { run, common } = ownArena("questions");
const folder = new ContentFolder();
const host = new RealHost(common.arena);
let app: App;
let ann: Browser;

/** Asks which database a shop has; the answer chooses the init task that installs it. */
const PLAYGROUND = `
  machines:
    - name: shop
      users: [{ name: laborant, default: true }]
      drives: [{ source: debian-12, mount: / }]
      network: { interfaces: [{ network: local }] }
  initConditions:
    values:
      - { key: the database, default: postgres, options: [postgres, mysql] }
      - { key: owner, nullable: true, placeholder: a name }
  initTasks:
    init_postgres: { init: true, machine: shop, run: touch /postgres, conditions: [{ key: the database, value: postgres }] }
    init_mysql: { init: true, machine: shop, run: touch /mysql, conditions: [{ key: the database, value: mysql }] }
    init_any: { init: true, machine: shop, needs: [init_mysql], run: "test ! -e /mysql || touch /found" }`;

beforeAll(async () => {
  folder.write(
    "challenges/shop/index.md",
    `kind: challenge\ndifficulty: easy\nplayground:\n  name: flexbox${PLAYGROUND}\ntasks:\n  verify_it: { machine: shop, run: test -e /bought, hintcheck: echo Buy something. }`,
    "::simple-task\n---\n:tasks: tasks\n:name: verify_it\n---\n#active\nBuy.\n#completed\nDone.\n::\n",
  );
  await host.open();
  const catalogue = await folder.load();
  expect(catalogue.problems).toEqual([]);
  app = await startApp(
    {
      ...common,
      catalogue,
      playgroundsDir: join(import.meta.dirname, "../../playgrounds"),
      pki: host.pki,
      hosts: [{ id: "host-1", grpc: host.grpc }],
      api: "api-1",
    },
    log,
  );
  ann = await new Browser(app.port).signUp(`ann-${run}`);
}, 120_000);

afterAll(async () => {
  await app?.close();
  await host.close();
  folder[Symbol.dispose]();
});

const START = `mutation($a: [AnswerInput!]) { startPlay(challenge: "shop", answers: $a) { id } }`;
const PLAY = `query($id: ID!) { play(id: $id) { state answers { key value } tasks { name state } machines { name ready } challenge { tasks { name } } } }`;
const play = async (id: string) => (await ann.ask(PLAY, { id })).data["play"];
/** What the init tasks made. */
const made = async (id: string) =>
  (await host.run(id, "sh", "-c", "cd /; ls -d found mysql postgres 2>/dev/null || true")).split(
    "\n",
  );
const names = (tasks: { name: string }[]) => tasks.map(({ name }) => name);
const runs = (id: string) =>
  until("it runs", async () => (await play(id)).state === "RUNNING", 120);
const end = (id: string) => ann.ask(`mutation($id: ID!) { endPlay(id: $id) { state } }`, { id });

test("a challenge tells its questions", async () => {
  const { data } = await ann.ask(
    `{ challenge(name: "shop") { tasks { name } questions { key default options nullable placeholder } } }`,
  );
  expect(data["challenge"].questions).toEqual([
    {
      key: "the database",
      default: "postgres",
      options: ["postgres", "mysql"],
      nullable: false,
      placeholder: "",
    },
    { key: "owner", default: "", options: [], nullable: true, placeholder: "a name" },
  ]);
  expect(names(data["challenge"].tasks)).toEqual(["init_postgres", "init_any", "verify_it"]);
});

test("an answer that is none, or to what nobody asked, is refused in words", async () => {
  const refusal = async (key: string, value: string) =>
    (await ann.ask(START, { a: [{ key, value }] })).errors?.[0]?.message;
  expect(await refusal("the database", "oracle")).toBe('"the database" is one of postgres, mysql.');
  expect(await refusal("colour", "red")).toBe('Nothing is asked by the name "colour".');
});

test("without answers the defaults choose the tasks; the machine becomes ready", async () => {
  const { id } = (await ann.ask(START)).data["startPlay"];
  await runs(id);
  await until("it is ready", async () => (await play(id)).machines[0].ready, 60);
  const { tasks, answers } = await play(id);
  expect(names(tasks)).toEqual(["init_postgres", "init_any", "verify_it"]);
  expect(answers).toEqual([]);
  expect(await made(id)).toEqual(["postgres"]);
  await end(id);
}, 180_000);

test("an answer chooses other tasks, also after a restart and for what needs them", async () => {
  const answers = [{ key: "the database", value: "mysql" }];
  const first = (await ann.ask(START, { a: answers })).data["startPlay"].id;
  await runs(first);
  const answer = await ann.ask(`mutation($id: ID!) { restartPlay(id: $id) { id } }`, { id: first });
  const { id } = answer.data["restartPlay"];
  expect(id).not.toBe(first);
  await runs(id);
  const shown = await play(id);
  expect(names(shown.tasks)).toEqual(["init_mysql", "init_any", "verify_it"]);
  expect(names(shown.challenge.tasks)).toEqual(["init_mysql", "init_any", "verify_it"]);
  expect(shown.answers).toEqual(answers);
  expect(await made(id)).toEqual(["found", "mysql"]);
  await end(id);
}, 240_000);
