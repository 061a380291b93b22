import { expect, test } from "vitest";
import type { Challenge, StartupFile } from "@agon/content/model";
import { StartPlayRequest } from "@agon/protocol/host";
import { playSpec } from "../src/play-spec.ts";
import { challenge } from "./rig.ts";

const views = { authorView: false, keepAttended: false };
const file = (path: string, rest: Partial<StartupFile> = {}): StartupFile => ({
  path,
  content: "text",
  encoding: "utf8",
  owner: "",
  mode: 0o644,
  append: false,
  extract: false,
  machines: [],
  ...rest,
});

test("play-wide startup files come before a machine's own, only where they belong, as bytes", () => {
  const it = challenge("it");
  const [machine] = it.playground.machines;
  it.playground.machines = [
    { ...machine!, name: "m1", startupFiles: [file("/own")] },
    { ...machine!, name: "m2" },
  ];
  it.playground.startupFiles = [
    file("/all"),
    file("/one", { machines: ["m1"], content: "/wD+", encoding: "base64", extract: true }),
  ];
  // Over the wire and back: what the host really gets.
  const { machines } = StartPlayRequest.decode(
    StartPlayRequest.encode(playSpec("play-1", it, views)).finish(),
  );
  expect(machines.map((one) => one.startupFiles.map(({ path }) => path))).toEqual([
    ["/all", "/one", "/own"],
    ["/all"],
  ]);
  expect(machines[0]!.startupFiles[1]).toMatchObject({ extract: true });
  expect([...machines[0]!.startupFiles[1]!.content]).toEqual([0xff, 0x00, 0xfe]);
});

test("variables go with the task that names them", () => {
  const it = challenge("it");
  it.tasks[0]!.vars = { V: "<x(.needs.a.stdout)>" };
  const { tasks } = StartPlayRequest.decode(
    StartPlayRequest.encode(playSpec("play-1", it, views)).finish(),
  );
  expect(tasks[0]!.vars).toEqual({ V: "<x(.needs.a.stdout)>" });
  expect(tasks[1]!.vars).toEqual({});
});

test("a version that was stored before these fields existed still starts", () => {
  const old = JSON.parse(JSON.stringify(challenge("it"))) as Challenge;
  for (const task of old.tasks) delete (task as Partial<typeof task>).vars;
  delete (old.playground as Partial<typeof old.playground>).startupFiles;
  expect(playSpec("play-1", old, views).machines).toHaveLength(old.playground.machines.length);
});

test("a copy of a draft's play takes over the generations of its tasks", () => {
  const it = challenge("it");
  const taskKeys = it.tasks.map(({ name, kind, machine }, at) => ({
    name,
    kind,
    machine,
    generation: at,
  }));
  const spec = playSpec("play-1", it, { ...views, taskKeys });
  expect(spec.tasks.map(({ generation }) => generation)).toEqual([0, 1, 2, 3]);
  expect(spec.graphRevision).toBe(3);
});
