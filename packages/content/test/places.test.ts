import { expect, test } from "vitest";
import { HEAD, load, one, short } from "./folders.ts";

const errors = async (rest: string, body = "") =>
  (await one(rest, body)).problems
    .filter((problem) => problem.severity === "error")
    .map((problem) => short(problem));

const ON_ONE = "playground: debian-stable\n";

test("malformed YAML is told at its place, and the rest of the catalogue loads", async () => {
  const good = `${HEAD}${ON_ONE}tasks:\n  verify_it:\n    run: "false"\n---\n`;
  const { challenges, problems } = await load({
    "bad/index.md": "---\nkind: challenge\ntitle: [one\ntasks: {}\n---\n",
    "good/index.md": good,
    "empty/readme.txt": "",
  });
  expect([...challenges.keys()]).toEqual(["good"]);
  const malformed = problems.find(({ file }) => file.endsWith("bad/index.md"))!;
  expect(malformed.message).toMatch(/^malformed YAML/);
  expect(malformed.line).toBeGreaterThanOrEqual(3);
  expect(malformed.line).toBeLessThanOrEqual(4);
  expect(malformed.fix).not.toBe("");
  expect(
    problems.some(
      ({ file, message }) => file.endsWith("empty/index.md") && /no index/.test(message),
    ),
  ).toBe(true);
});

test("front matter that is missing or never closed", async () => {
  const { problems } = await load({ "a/index.md": "# Text\n", "b/index.md": "---\nkind: x\n" });
  expect(problems.map(short)).toEqual([
    "1:1 there is no front matter",
    "1:1 the front matter is never closed",
  ]);
});

test("an unknown need, with the line and column of its name", async () => {
  expect(
    await errors(
      `${ON_ONE}tasks:\n  verify_a:\n    needs: [verify_b, verify_gone]\n    run: "false"\n  verify_b:\n    run: "false"\n`,
    ),
  ).toEqual(['12:23 task verify_a needs unknown task "verify_gone"']);
});

test("a circle of needs is named as a path", async () => {
  const task = (name: string, need: string) =>
    `  ${name}:\n    needs: [${need}]\n    run: "false"\n`;
  const found = await errors(
    `${ON_ONE}tasks:\n${task("verify_a", "verify_b")}${task("verify_b", "verify_c")}${task("verify_c", "verify_a")}`,
  );
  expect(found).toEqual([
    "12:5 the needs go in a circle: verify_a → verify_b → verify_c → verify_a",
  ]);
});

test("a task without run is told at its name", async () => {
  expect(await errors(`${ON_ONE}tasks:\n  verify_a:\n    user: root\n`)).toEqual([
    "11:3 task verify_a has no run script",
  ]);
});

test("an unknown machine, and a task of two machines without one", async () => {
  expect(
    await errors(`${ON_ONE}tasks:\n  verify_a:\n    machine: moon\n    run: "false"\n`),
  ).toEqual(['12:14 task verify_a runs on unknown machine "moon"']);
  expect(
    await errors(
      `playground: mini-lan\ntasks:\n  verify_a:\n    run: "false"\n  verify_b:\n    machine: client\n    run: "false"\n`,
    ),
  ).toEqual(["11:3 task verify_a does not say its machine, and the play has 2"]);
});

test("init that needs a regular task, and anybody who needs a helper", async () => {
  expect(
    await errors(
      `${ON_ONE}tasks:\n  init_a:\n    init: true\n    needs: verify_b\n    run: "true"\n  verify_b:\n    run: "false"\n`,
    ),
  ).toContain(
    "13:12 init task init_a needs verify_b, which is no init task, so it could never start",
  );
  expect(
    await errors(
      `${ON_ONE}tasks:\n  helper_a:\n    helper: true\n    run: sleep 1\n  verify_b:\n    needs: [helper_a]\n    run: "false"\n`,
    ),
  ).toEqual(["15:13 task verify_b needs helper helper_a, which never completes"]);
});

test("init and helper at once; a challenge without a regular task", async () => {
  expect(
    await errors(`${ON_ONE}tasks:\n  a:\n    init: true\n    helper: true\n    run: "true"\n`),
  ).toEqual([
    "13:13 task a is both init and helper",
    "10:1 the challenge has no regular task: it would be complete at its start",
  ]);
});

test("template references to what is not needed, or has no such attribute", async () => {
  const tasks = (reference: string) =>
    `${ON_ONE}tasks:\n  verify_a:\n    run: "false"\n  verify_b:\n    needs: [verify_a]\n    env:\n      - A=${reference}\n    run: "false"\n`;
  expect(await errors(tasks("x(.needs.verify_a.stdout)"))).toEqual([]);
  expect(await errors(tasks("x(.needs.verify_c.stdout)"))).toEqual([
    "16:9 x(.needs.verify_c.stdout) in task verify_b, which does not need verify_c",
  ]);
  expect(await errors(tasks("x(.needs.verify_a.colour)"))).toEqual([
    "16:9 x(.needs.verify_a.colour) in task verify_b names an unknown attribute",
  ]);
  expect(await errors(tasks("index($0,max(1,2))"))).toEqual([]);
});

test("a component of an unknown task, with its line; a task without component is a warning", async () => {
  const { problems, challenge } = await one(
    `${ON_ONE}tasks:\n  verify_a:\n    run: "false"\n`,
    "\nText.\n\n::simple-task\n---\n:tasks: tasks\n:name: verify_gone\n---\n#active\nDo.\n::\n",
  );
  expect(challenge).toBeUndefined();
  expect(problems.map((problem) => [problem.severity, short(problem)])).toEqual([
    ["error", '17:1 the component shows unknown task "verify_gone"'],
    ["warning", "11:3 no component of the body shows task verify_a"],
  ]);
});

test("a component that is never closed counts, with a warning at its line", async () => {
  const { problems, challenge } = await one(
    `${ON_ONE}tasks:\n  verify_a:\n    run: "false"\n`,
    "::simple-task\n---\n:name: verify_a\n---\n#active\nDo it.\n",
  );
  expect(problems.map((problem) => short(problem))).toEqual(["14:1 ::simple-task is never closed"]);
  expect(challenge!.tasks[0]!.title).toBe("Do it.");
});

test("content below the folder of another kind is told", async () => {
  const { problems } = await load({ "t/index.md": "---\nkind: tutorial\ntitle: T\n---\n" });
  expect(problems.map(short)).toEqual(["2:7 content of kind tutorial stands below challenges/"]);
  expect(problems[0]).toMatchObject({ code: "AG010", excerpt: "kind: tutorial" });
});

test("what this arena does not have is a warning: the content loads, and no play of it starts", async () => {
  const { items, challenges, problems } = await load({
    "t/index.md": `${HEAD}playground: k3s\ntasks:\n  verify_it: { machine: dev-machine, run: "false" }\n---\n::simple-task\n---\n:name: verify_it\n---\n#active\nDo.\n::\n`,
  });
  expect(problems.map((problem) => [problem.severity, short(problem)])).toEqual([
    [
      "warning",
      '9:13 playground "k3s" is not available here: it needs Kubernetes, which Debian does not package',
    ],
  ]);
  expect(challenges.size).toBe(0);
  expect(items.get("challenge/t")).toMatchObject({
    unavailable:
      'Playground "k3s" is not available here: it needs Kubernetes, which Debian does not package.',
    playground: null,
    tasks: [{ name: "verify_it", machine: "dev-machine" }],
  });
});
