import { afterAll, beforeAll, expect, test } from "vitest";
import type { TaskRunsReply, UpdateTasksReply } from "@agon/protocol/host";
import type { TaskSpec } from "@agon/protocol/machine";
import { until } from "@agon/testing/until";
import { HostRig, machine, play, task } from "./host-rig.ts";

const rig = new HostRig();
const ID = "draft";
const given = task("init_word", "right", "echo sesame", { kind: "init" });
const shared = (more: Partial<TaskSpec> = {}): TaskSpec[] => [
  { ...given, shareOutputs: true, ...more },
  task("verify_left", "left", "true"),
  task("verify_right", "right", "test -e /root/done", { needs: ["init_word"] }),
  task("verify_word", "left", '[ "$W" = sesame ]', {
    needs: ["init_word", "verify_right"],
    env: ["W=x(.needs.init_word.stdout)"],
  }),
];

beforeAll(async () => {
  await rig.setUp();
  const spec = play(
    ID,
    [machine("left", "172.16.0.2/24"), machine("right", "172.16.0.3/24")],
    [given, task("verify_left", "left", "true"), task("verify_old", "right", "sleep 1000")],
  );
  await rig.call("startPlay", { ...spec, authorView: true });
  await rig.running([ID], 110);
  await until("it is completed", () => rig.stateOf(ID, "verify_left") === 40);
});
afterAll(() => rig.tearDown());

/** State and generation of a task by the newest event of its present generation. */
const now = (name: string): [state: number, generation: number] => {
  let generation = 0;
  let state = 0;
  for (const { play: owner, event } of rig.events) {
    if (owner !== ID) continue;
    if (event?.$case === "graph") {
      const next = event.value.tasks.find((one) => one.name === name)?.generation ?? -1;
      if (next !== generation) [generation, state] = [next, 0];
    }
    const changed = event?.$case === "task" ? event.value.changed : undefined;
    if (changed?.task === name && changed.generation === generation) state = changed.state;
  }
  return [state, generation];
};
let order = 0;
const update = (tasks: TaskSpec[], version: string, at = ++order): Promise<UpdateTasksReply> =>
  rig.call("updateTasks", { play: ID, version, tasks, order: at });

test("a live change goes into running machines: what is the same stays, the rest is as the new graph has it", async () => {
  const reply = await update(shared(), "v2");
  expect(reply).toMatchObject({
    revision: 1,
    added: ["verify_right", "verify_word"],
    restarted: [],
    removed: ["verify_old"],
  });
  await until("the check of the new task", () => now("verify_right")[0] === 30);
  expect(now("verify_left")).toEqual([40, 0]);
  expect(now("verify_old")[1]).toBe(-1);
  // The script of the removed task is ended.
  const { stdout } = await rig.exec(ID, "right", "pgrep -f 'sleep 1000' || echo none");
  expect(stdout.trim()).toBe("none");
  // An output that nobody named before reaches the other machine.
  await rig.exec(ID, "right", "sudo touch /root/done");
  await until("a task of the other machine", () => now("verify_word")[0] === 40);
});

test("the same graph again is no change; one of a learner's play is refused", async () => {
  const told = rig.events.length;
  expect(await update(shared(), "v3")).toMatchObject({ revision: 1, added: [], restarted: [] });
  expect(rig.events.slice(told).filter(({ event }) => event?.$case === "graph")).toEqual([]);
  await rig.call("startPlay", play("learners", [machine("m", "172.16.0.2/24")], []));
  await expect(
    rig.call("updateTasks", { play: "learners", version: "v", tasks: [], order: 1 }),
  ).rejects.toThrow(/author/);
  await rig.call("destroyPlay", { play: "learners" });
  // One that was overtaken on its way changes nothing.
  expect(await update([task("late", "left", "true")], "v1", 0)).toMatchObject({
    revision: 1,
    added: [],
  });
  await expect(update([task("x", "nowhere", "true")], "v")).rejects.toThrow(/no machine nowhere/);
});

test("kill -9 of hostd and of an examiner around a live change: the graph is the new one, everywhere", async () => {
  const tasks = shared().map((one) =>
    one.name === "verify_right" ? { ...one, run: "test -e /root/again" } : one,
  );
  const reply = await update(tasks, "v4");
  expect(reply.restarted.toSorted()).toEqual(["verify_right", "verify_word"]);
  await rig.exec(ID, "left", "sudo systemctl kill -s KILL examiner");
  await rig.kill();
  await rig.start();
  await until("the new generation after the restart", () => now("verify_right")[0] === 30);
  expect(now("verify_word")[1]).toBe(2);
  expect(now("verify_left")).toEqual([40, 0]);
  await rig.exec(ID, "right", "sudo touch /root/again");
  await until("both of the new generation", () => now("verify_word")[0] === 40);
  const graphs = rig.events.filter(({ event }) => event?.$case === "graph");
  expect(graphs.map(({ event }) => event?.$case === "graph" && event.value.revision)).toEqual([
    1, 2,
  ]);
  // Never backwards within a generation.
  const last = new Map<string, number>();
  for (const { play: owner, event } of rig.events) {
    const changed = owner === ID && event?.$case === "task" ? event.value.changed : undefined;
    if (!changed) continue;
    const key = `${changed.task} ${changed.generation}`;
    expect(changed.state).toBeGreaterThanOrEqual(last.get(key) ?? 0);
    last.set(key, changed.state);
  }
});

test("the debugger shows a task's last runs and runs it again in its machine, and nothing moves", async () => {
  const ask = async (method: "taskRuns" | "runTask", name: string) =>
    (
      JSON.parse((await rig.call<TaskRunsReply>(method, { play: ID, task: name })).json) as {
        machine: string;
        runs: { dry: boolean; env: object; run: { exitCode: number; script: string } }[];
      }[]
    )[0]!;
  const told = rig.events.length;
  const again = await ask("runTask", "verify_word");
  expect(again).toMatchObject({
    machine: "left",
    runs: [{ dry: true, env: { W: "sesame" }, run: { exitCode: 0 } }],
  });
  await rig.exec(ID, "right", "sudo rm /root/again");
  expect((await ask("runTask", "verify_right")).runs[0]!.run.exitCode).toBe(1);
  expect(now("verify_right")[0]).toBe(40);
  const { runs } = await ask("taskRuns", "verify_word");
  expect(runs[0]!.dry).toBe(true);
  expect(runs.some((one) => !one.dry && one.run.script.includes('[ "$W" = sesame ]'))).toBe(true);
  expect(rig.events.slice(told).filter(({ event }) => event?.$case === "task")).toEqual([]);
});
