import { join } from "node:path";
import { until } from "@agon/testing/until";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { startApp, type App } from "../src/app.ts";
import { ContentFolder, log, ownArena } from "./own-arena.ts";
import { execIn } from "./machine-exec.ts";
import { RealHost } from "./real-host.ts";
import { Browser } from "./rig.ts";

const BACKENDS = ["container", "microvm"] as const;
const { run, common } = ownArena("questions");
const folder = new ContentFolder();
const host = new RealHost(common.arena, [...BACKENDS]);
let app: App;
let ann: Browser;

/** Asks which database a shop has, and whose it is; the answers choose what is prepared. */
const playground = (backend: string) => `
  machines:
    - name: shop
      backend: ${backend}
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
    init_any: { init: true, machine: shop, needs: [init_mysql], run: "test ! -e /mysql || touch /found" }
    init_own:
      init: true
      machine: shop
      run: touch /own
      conditions: [{ key: the database, value: mysql }, { key: owner, value: ann }]`;
const TASKS = `tasks:
  verify_it: { machine: shop, run: test -e /bought, hintcheck: echo Buy something. }
  verify_mysql: { machine: shop, run: test -e /mysql, hintcheck: echo Install it., conditions: [{ key: the database, value: mysql }] }`;

const shown = (task: string) =>
  `::simple-task\n---\n:tasks: tasks\n:name: ${task}\n---\n#active\nBuy.\n#completed\nDone.\n::\n`;

beforeAll(async () => {
  for (const backend of BACKENDS)
    folder.write(
      `challenges/shop-${backend}/index.md`,
      `kind: challenge\ndifficulty: easy\nplayground:\n  name: flexbox${playground(backend)}\n${TASKS}`,
      shown("verify_it") + shown("verify_mysql"),
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

afterEach(async () => {
  for (const id of started.splice(0)) {
    await ann.ask(`mutation($id: ID!) { endPlay(id: $id) { state } }`, { id });
    await until(`${id} is gone`, async () => (await play(id)).state === "DESTROYED", 60);
  }
}, 120_000);

afterAll(async () => {
  await app?.close();
  await host.close();
  folder[Symbol.dispose]();
});

const START = `mutation($c: String!, $a: [AnswerInput!]) { startPlay(challenge: $c, answers: $a) { id } }`;
const PLAY = `query($id: ID!) { play(id: $id) { state answers { key value } tasks { name state } machines { name ready } challenge { tasks { name } } } }`;
const play = async (id: string) => (await ann.ask(PLAY, { id })).data["play"];
const started: string[] = [];
type Given = { key: string; value: string }[];

/** Starts a shop and waits until its machines run. */
async function start(backend: string, answers?: Given): Promise<string> {
  const { data, errors } = await ann.ask(START, { c: `shop-${backend}`, a: answers });
  if (errors) throw new Error(errors[0]?.message);
  return runs(data["startPlay"].id);
}

async function runs(id: string): Promise<string> {
  started.push(id);
  // The first virtual machine of a computer waits for its template.
  await until("it runs", async () => (await play(id)).state === "RUNNING", 400);
  return id;
}

/** What the init tasks made, looked at inside the machine. */
const made = async (id: string) =>
  (
    await execIn(
      ann,
      host.terminal,
      id,
      "shop",
      "cd /; ls -d found mysql own postgres 2>/dev/null || true",
    )
  )
    .split("\n")
    .filter(Boolean);
const names = (tasks: { name: string }[]) => tasks.map(({ name }) => name);

test("a challenge tells its questions", async () => {
  const { data } = await ann.ask(
    `{ challenge(name: "shop-container") { tasks { name } questions { key default options nullable placeholder } } }`,
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

describe.each(BACKENDS)("on %s", (backend) => {
  test("an answer that is none, or to what nobody asked, is refused in words", async () => {
    const refusal = async (key: string, value: string) =>
      (await ann.ask(START, { c: `shop-${backend}`, a: [{ key, value }] })).errors?.[0]?.message;
    expect(await refusal("the database", "oracle")).toBe(
      '"the database" is one of postgres, mysql.',
    );
    expect(await refusal("colour", "red")).toBe('Nothing is asked by the name "colour".');
  });

  test("without answers the defaults choose the tasks; the machine becomes ready", async () => {
    const id = await start(backend);
    await until("it is ready", async () => (await play(id)).machines[0].ready, 120);
    const now = await play(id);
    // Docker leaves a file in its containers.
    const where = "test -e /.dockerenv && echo container || echo microvm";
    expect(await execIn(ann, host.terminal, id, "shop", where)).toBe(`${backend}\n`);
    expect(names(now.tasks)).toEqual(["init_postgres", "init_any", "verify_it"]);
    expect(now.answers).toEqual([]);
    expect(await made(id)).toEqual(["postgres"]);
  }, 600_000);

  test("an answer chooses other tasks, also after a restart and for what needs them; of two conditions one is not enough", async () => {
    const answers = [{ key: "the database", value: "mysql" }];
    const first = await start(backend, answers);
    const answer = await ann.ask(`mutation($id: ID!) { restartPlay(id: $id) { id } }`, {
      id: first,
    });
    const { id } = answer.data["restartPlay"];
    expect(id).not.toBe(first);
    await runs(id);
    const now = await play(id);
    const chosen = ["init_mysql", "init_any", "verify_it", "verify_mysql"];
    expect(names(now.tasks)).toEqual(chosen);
    expect(names(now.challenge.tasks)).toEqual(chosen);
    expect(now.answers).toEqual(answers);
    expect(await made(id)).toEqual(["found", "mysql"]);
    // A task of the play that only this answer brings is checked in the machine.
    await until(
      "the chosen task is completed",
      async () =>
        (await play(id)).tasks.find(({ name }: { name: string }) => name === "verify_mysql")
          .state === 40,
    );
  }, 900_000);

  test("a task whose conditions all hold is part of the play, by an answer in free words, too", async () => {
    const answers = [
      { key: "the database", value: "mysql" },
      { key: "owner", value: "ann" },
    ];
    const id = await start(backend, answers);
    expect(names((await play(id)).tasks)).toContain("init_own");
    expect(await made(id)).toEqual(["found", "mysql", "own"]);
  }, 600_000);
});
