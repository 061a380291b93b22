import { answered, wrongAnswer } from "../src/init-conditions.ts";
import { describe, expect, test } from "vitest";
import { loadCatalogue } from "../src/load.ts";
import { aboutMore, folderWith, HEAD, load, one, short } from "./folders.ts";

const SINGLE = "playground: debian-stable\n";
const PAIR = "playground: mini-lan\n";
const run = 'run: "false"';
const shows = (...names: string[]) =>
  names
    .map((name) => `::simple-task\n---\n:name: ${name}\n---\n#active\nDo ${name}.\n::\n`)
    .join("");

interface Row {
  rule: string;
  yaml: string;
  body?: string;
  errors?: string[];
  warnings?: string[];
}

// Front matter of a row begins at line 9; `severity place message` is all that a row may cause.
const rows: Row[] = [
  {
    rule: "V1 run is present",
    yaml: `${SINGLE}tasks:\n  a: {}\n`,
    errors: ["11:3 task a has no run script"],
  },
  {
    rule: "V1 run is not empty",
    yaml: `${SINGLE}tasks:\n  a:\n    run: "  "\n`,
    errors: ["12:10 task a has no run script"],
  },
  {
    rule: "V2 every need exists",
    yaml: `${SINGLE}tasks:\n  a:\n    needs: b\n    ${run}\n`,
    errors: ['12:12 task a needs unknown task "b"'],
  },
  {
    rule: "V3 no cycle",
    yaml: `${SINGLE}tasks:\n  a: { needs: [b], ${run} }\n  b: { needs: [a], ${run} }\n`,
    body: shows("a", "b"),
    errors: ["11:8 the needs go in a circle: a → b → a"],
  },
  {
    rule: "V3 a cycle of init tasks",
    yaml: `${SINGLE}tasks:\n  i: { init: true, needs: [i], ${run} }\n  a: { ${run} }\n`,
    body: shows("a"),
    errors: ["11:20 the needs go in a circle: i → i"],
  },
  {
    rule: "V4 init needs no regular task",
    yaml: `${SINGLE}tasks:\n  i: { init: true, needs: [a], ${run} }\n  a: { ${run} }\n`,
    body: shows("a"),
    errors: [
      "11:28 init task i needs a, which is no init task, so it could never start",
      "11:20 the needs go in a circle: i → a → i",
    ],
  },
  {
    rule: "V4 nobody needs a helper",
    yaml: `${SINGLE}tasks:\n  h: { helper: true, ${run} }\n  a: { needs: [h], ${run} }\n`,
    body: shows("a"),
    errors: ["12:16 task a needs helper h, which never completes"],
  },
  {
    rule: "V5 init needs init of another machine: accepted, told",
    yaml: `${PAIR}tasks:\n  i: { init: true, machine: client, ${run} }\n  j: { init: true, machine: server, needs: [i], ${run} }\n  a: { machine: client, ${run} }\n`,
    body: shows("a"),
    warnings: ["12:45 init task j needs an init task of another machine"],
  },
  {
    rule: "V6 the machine exists",
    yaml: `${SINGLE}tasks:\n  a: { machine: moon, ${run} }\n`,
    body: shows("a"),
    errors: ['11:17 task a runs on unknown machine "moon"'],
  },
  {
    rule: "V7 one machine: machine is optional",
    yaml: `${SINGLE}tasks:\n  a: { ${run} }\n`,
    body: shows("a"),
  },
  {
    rule: "V8 several machines: machine is needed",
    yaml: `${PAIR}tasks:\n  a: { ${run} }\n  b: { machine: client, ${run} }\n`,
    body: shows("a", "b"),
    errors: ["11:3 task a does not say its machine, and the play has 2"],
  },
  {
    rule: "V8 several machines and no task names one: each runs on every machine",
    yaml: `${PAIR}tasks:\n  a: { ${run} }\n  b: { needs: a, ${run} }\n`,
    body: shows("a", "b"),
    warnings: ["10:1 no task names a machine, so each runs on all 2"],
  },
  {
    rule: "V9 a user is not looked up while loading",
    yaml: `${SINGLE}tasks:\n  a: { user: someone, ${run} }\n`,
    body: shows("a"),
  },
  {
    rule: "V10 needs.T only with T in needs",
    yaml: `${SINGLE}tasks:\n  a: { ${run} }\n  b: { run: "x(.needs.a.stdout)" }\n`,
    body: shows("a", "b"),
    errors: ["12:13 x(.needs.a.stdout) in task b, which does not need a"],
  },
  {
    rule: "V10 attributes are those of 5.7",
    yaml: `${SINGLE}tasks:\n  a: { ${run} }\n  b: { needs: a, run: "x(.needs.a.colour)" }\n`,
    body: shows("a", "b"),
    errors: ["12:23 x(.needs.a.colour) in task b names an unknown attribute"],
  },
  {
    rule: "V10 an implicit need is one",
    yaml: `${SINGLE}tasks:\n  i: { init: true, ${run} }\n  a: { run: "x(.needs.i.stderr)" }\n`,
    body: shows("a"),
  },
  {
    rule: "V10 vars are declared",
    yaml: `${SINGLE}tasks:\n  a: { run: "x(.vars.V)" }\n`,
    body: shows("a"),
    errors: ["11:13 x(.vars.V) in task a: there is no variable V"],
  },
  {
    rule: "V10 tasks.T is for vars only",
    yaml: `${SINGLE}tasks:\n  a: { run: "x(.tasks.a.stdout)" }\n`,
    body: shows("a"),
    errors: ["11:13 x(.tasks.a.stdout) in task a: x(.tasks.…) is for vars only"],
  },
  {
    rule: "V11 tasks that components name exist",
    yaml: `${SINGLE}tasks:\n  a: { ${run} }\n`,
    body: shows("a", "b"),
    errors: ['20:1 the component shows unknown task "b"'],
  },
  {
    rule: "V11 every regular task has a component",
    yaml: `${SINGLE}tasks:\n  a: { ${run} }\n`,
    warnings: ["11:3 no component of the body shows task a"],
  },
  {
    rule: "V12 init and helper exclude each other",
    yaml: `${SINGLE}tasks:\n  i: { init: true, helper: true, ${run} }\n  a: { ${run} }\n`,
    body: shows("a"),
    errors: ["11:28 task i is both init and helper"],
  },
  {
    rule: "V13 a challenge has a regular task",
    yaml: `${SINGLE}tasks:\n  i: { init: true, ${run} }\n`,
    errors: ["10:1 the challenge has no regular task: it would be complete at its start"],
  },
  {
    rule: "V14 condition keys are declared",
    yaml: `${SINGLE}tasks:\n  i: { init: true, conditions: [{ key: k, value: v }], ${run} }\n  a: { ${run} }\n`,
    body: shows("a"),
    errors: ['11:20 condition "k" of task i is not declared'],
  },
  {
    rule: "2.3 a cycle between variables",
    yaml: `${SINGLE}vars: { A: "x(.vars.B)", B: "x(.vars.A)" }\ntasks:\n  a: { ${run} }\n`,
    body: shows("a"),
    errors: ["10:12 the variables go in a circle: A → B → A"],
  },
  {
    rule: "2.3 a cycle variable → task → variable",
    yaml: `${SINGLE}vars: { A: "x(.tasks.a.stdout)" }\ntasks:\n  a: { run: "x(.vars.A)" }\n`,
    body: shows("a"),
    errors: ["12:3 the needs go in a circle: a → a"],
  },
  {
    rule: "3.3.2 startup files: path, content or source, octal mode, archives",
    yaml: `playground:\n  name: debian-stable\n  startupFiles:\n    - { path: etc/x, content: a }\n    - { path: /etc/x }\n    - { path: /etc/x, content: a, mode: "999" }\n    - { path: /etc/x, source: __static__/../index.md }\n    - { path: /etc/x, content: a, machines: [moon] }\n    - { path: /etc/x, source: https://example.org/x }\ntasks:\n  a: { ${run} }\n`,
    body: shows("a"),
    errors: [
      '12:15 path "etc/x" of a startup file is not absolute',
      "13:7 a startup file has content: or source:, one of them",
      '14:41 mode "999" is not octal',
      '15:31 source "__static__/../index.md" of a startup file could not be read: it leads out of __static__',
      '16:35 a startup file goes to unknown machine "moon"',
    ],
  },
  {
    rule: "3.2/3 the root drive of a base cannot be replaced",
    yaml: `playground:\n  name: debian-stable\n  machines:\n    - name: debian-01\n      drives: [{ source: other, mount: / }]\ntasks:\n  a: { ${run} }\n`,
    body: shows("a"),
    errors: [
      '13:7 the root drive of debian-01 comes from debian-stable and cannot be replaced by "other"',
    ],
  },
  {
    rule: "a machine has at most ten interfaces",
    yaml: `playground:\n  name: debian-stable\n  machines:\n    - name: debian-01\n      network: { interfaces: [${Array.from({ length: 11 }, () => "{ network: local }").join(", ")}] }\ntasks:\n  a: { ${run} }\n`,
    body: shows("a"),
    errors: ["13:18 debian-01 has 11 interfaces"],
  },
  {
    rule: "10.3/1 spellings of 3.5 load without a warning",
    yaml: `${SINGLE}tasks:\n  b: { timeoutSeconds: 5, destination: /tmp/x, ${run} }\n  a: { needs: b, ${run} }\n`,
    body: "::simple-task\n---\n:tasks: tasks\n:name: a\n---\n#active\nDo.\n::\n::simple-task{name=b}\n#active\nDo.\n::\n",
  },
  {
    rule: "kernel, backend and drives are taken; lowered resources and unknown keys are told",
    yaml: `playground:\n  name: debian-stable\n  machines:\n    - name: debian-01\n      kernel: "6.1"\n      backend: firecracker\n      drives: [{ mount: /, source: debian-12 }, { size: 1GiB }]\n      resources: { cpuCount: 64 }\ntasks:\n  a: { runs: x, ${run} }\n`,
    body: shows("a"),
    warnings: [
      "16:7 resources are lowered to 2 CPUs and 4 GiB",
      "18:8 runs of task a is not known",
    ],
  },
];

test.each(rows)("$rule", async ({ yaml, body, errors = [], warnings = [] }) => {
  const { problems, challenge } = await one(yaml, body);
  const of = (severity: string) =>
    problems.filter((problem) => problem.severity === severity).map(short);
  expect(of("error")).toEqual(errors);
  if (errors.length === 0) expect(of("warning")).toEqual(warnings);
  expect(challenge === undefined).toBe(errors.length > 0);
  for (const { fix } of problems) expect(fix).not.toBe("");
});

describe("what a loaded challenge holds", () => {
  test("variables: texts become templates over needs, scripts hidden init tasks (2.3)", async () => {
    const { challenge, problems } = await one(
      `${PAIR}vars:\n  PORT: { shell: "shuf -i 2000-3000 -n 1", machine: server }\n  URL: http://server:x(.vars.PORT)/x(.tasks.a.stdout)\ntasks:\n  a: { machine: client, ${run} }\n  b: { machine: client, run: 'curl "x(.vars.URL)"' }\n`,
      shows("a", "b"),
    );
    expect(problems).toEqual([]);
    const tasks = Object.fromEntries(challenge!.tasks.map((task) => [task.name, task]));
    expect(tasks["b"]).toMatchObject({
      needs: ["var_PORT", "a"],
      vars: { URL: "http://server:x(.needs.var_PORT.stdout)/x(.needs.a.stdout)" },
    });
    expect(tasks["var_PORT"]).toMatchObject({
      kind: "init",
      machine: "server",
      shareOutputs: true,
    });
    expect(tasks["a"]).toMatchObject({ needs: [], shareOutputs: false });
  });

  test("conditions: defaults choose the tasks, and a need of one left out is satisfied (3.3.5)", async () => {
    const { challenge } = await one(
      `playground:\n  name: debian-stable\n  initConditions:\n    values: [{ key: db, default: pg, options: [pg, my] }]\n  initTasks:\n    init_pg: { init: true, machine: debian-01, conditions: [{ key: db, value: pg }], run: "true" }\n    init_my: { init: true, machine: debian-01, conditions: [{ key: db, value: my }], run: "true" }\ntasks:\n  a: { needs: [init_my], ${run} }\n`,
      shows("a"),
    );
    expect(challenge!.tasks.map(({ name, needs }) => [name, needs])).toEqual([
      ["init_pg", []],
      ["a", ["init_pg"]],
    ]);
    const other = answered(challenge!, { db: "my" });
    expect(other.tasks.map(({ name, needs }) => [name, needs])).toEqual([
      ["init_my", []],
      ["a", ["init_my"]],
    ]);
    expect(other.version).not.toBe(challenge!.version);
    expect(answered(challenge!, { db: "pg" })).toBe(challenge);
    // Again with the same, as a restart asks for it.
    expect(answered(challenge!, { db: "my" }).version).toBe(other.version);
    const { initConditions } = challenge!.playground;
    expect(wrongAnswer(initConditions, { db: "my" })).toBeUndefined();
    expect(wrongAnswer(initConditions, { db: "" })).toBe('"db" is one of pg, my.');
    expect(wrongAnswer(initConditions, { other: "x" })).toBe(
      'Nothing is asked by the name "other".',
    );
  });

  test("initTasks of the block and tasks share a namespace; the later layer wins (3.2)", async () => {
    const { challenge } = await one(
      `playground:\n  name: debian-stable\n  initTasks:\n    init_x: { init: true, machine: debian-01, run: echo old }\ntasks:\n  init_x: { init: true, run: echo new }\n  a: { ${run} }\n`,
      shows("a"),
    );
    expect(challenge!.tasks.map((task) => task.run)).toEqual(["echo new", "false"]);
  });

  test("startup files: play-wide, from __static__, append, owner, and modes as written (3.3.2)", async () => {
    const { challenges, problems } = await load({
      "it/__static__/site.tgz": "bytes",
      "it/index.md": `${HEAD}playground:\n  name: debian-stable\n  startupFiles:\n    - { path: /srv, source: __static__/site.tgz, extract: true, machines: [debian-01] }\n    - { path: /etc/motd, content: hi, append: true, owner: "laborant:0", mode: 0755 }\ntasks:\n  a: { ${run} }\n---\n${shows("a")}`,
    });
    expect(problems).toEqual([]);
    expect(challenges.get("it")!.playground.startupFiles).toEqual([
      {
        path: "/srv",
        content: Buffer.from("bytes").toString("base64"),
        encoding: "base64",
        owner: "",
        mode: 0o644,
        append: false,
        extract: true,
        machines: ["debian-01"],
      },
      {
        path: "/etc/motd",
        content: "hi",
        encoding: "utf8",
        owner: "laborant:0",
        mode: 0o755,
        append: true,
        extract: false,
        machines: [],
      },
    ]);
  });

  test("a manifest's init tasks, conditions and startup files are those of every play of it (3.3)", async () => {
    const machine = (name: string) =>
      `    - { name: ${name}, users: [{ name: laborant }], drives: [{ source: debian-12, mount: / }], network: { interfaces: [{ network: local }] } }\n`;
    using folder = folderWith({
      "playgrounds/lab/__static__/rc": "export LAB=1\n",
      "playgrounds/lab/manifest.yaml": `kind: playground\nname: lab\ntitle: A laboratory\nplayground:\n  machines:\n${machine("one")}${machine("two")}  startupFiles:\n    - { path: /etc/rc, source: __static__/rc }\n  initTasks:\n    init_one: { init: true, machine: one, user: "", status: 40, run: echo base }\n    init_two: { init: true, machine: two, run: "true" }\n  accessControl: { canList: [owner], canRead: [anyone], canStart: [anyone] }\n`,
      "playgrounds/bad/manifest.yaml": `kind: playground\nname: bad\ntitle: A bad one\nplayground:\n  machines:\n${machine("one")}  initTasks:\n    verify: { machine: one, run: "true" }\n    init_b: { init: true, machine: one, needs: [gone], run: "true" }\n`,
      "challenges/it/index.md": `${HEAD}playground:\n  name: lab\n  machines: [{ name: one }]\ntasks:\n  a: { needs: [init_one], run: 'echo "x(.needs.init_one.stdout)"' }\n---\n${shows("a")}`,
    });
    const { challenges, problems } = await loadCatalogue(
      `${folder.path}/challenges`,
      `${folder.path}/playgrounds`,
    );
    expect(
      problems.filter(aboutMore).map((problem) => `${problem.severity} ${short(problem)}`),
    ).toEqual([
      "error 8:5 verify of initTasks is no init task",
      'error 9:49 task init_b needs unknown task "gone"',
      "warning 9:1 init task init_two of the playground is left out: there is no machine two here",
    ]);
    const { playground, tasks } = challenges.get("it")!;
    expect(playground.accessControl).toEqual({
      canList: ["owner"],
      canRead: ["anyone"],
      canStart: ["anyone"],
    });
    expect(Buffer.from(playground.startupFiles[0]!.content, "base64").toString()).toBe(
      "export LAB=1\n",
    );
    expect(tasks.map(({ name, kind, needs }) => [name, kind, needs])).toEqual([
      ["init_one", "init", []],
      ["a", "regular", ["init_one"]],
    ]);
  });
});
