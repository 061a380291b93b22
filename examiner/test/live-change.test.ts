import { existsSync, readFileSync } from "node:fs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Rig, task } from "./rig.ts";

let it: Rig;
beforeEach(() => {
  it = new Rig();
});
afterEach(() => it.close());

const lives = (pid: string) =>
  existsSync(`/proc/${pid}/stat`) && !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z");
/** States that a task was told to have in one generation, in order. */
const inGeneration = (name: string, generation: number) =>
  it.changes
    .filter((one) => one.task === name && one.generation === generation)
    .map((one) => one.state);

test("a live change starts changed tasks and their dependents over; the others keep their state and run no more", async () => {
  const a = task("a", { run: `echo ran >> ${it.path("a-ran")}` });
  const b = task("b", { needs: ["a"], run: "true" });
  const c = task("c", { needs: ["b"], run: "true" });
  it.start([a, b, c]);
  await it.until("c", 40);
  it.configure([
    a,
    { ...b, run: `echo ran >> ${it.path("b-ran")}`, generation: 1 },
    { ...c, generation: 1 },
  ]);
  await it.until("c", 40);
  expect(inGeneration("b", 1)).toEqual([10, 30, 40]);
  expect(inGeneration("c", 1)).toEqual([10, 20, 30, 40]);
  expect(inGeneration("a", 1)).toEqual([]);
  expect(it.examiner.state("a")).toBe(40);
  expect(it.lines("a-ran")).toEqual(["ran"]);
  expect(it.lines("b-ran")).toEqual(["ran"]);
});

test("the running script of a changed task is ended with its whole process group before the new one runs", async () => {
  const old = task("a", {
    run: `trap '' TERM; sleep 1000 & echo $! > ${it.path("pid")}; wait; sleep 1000`,
    timeoutSeconds: 3600,
  });
  it.start([old]);
  await it.exists("pid");
  await expect.poll(() => it.lines("pid")[0]).toBeTruthy();
  const pid = it.lines("pid")[0]!;
  expect(lives(pid)).toBe(true);
  it.configure([
    task("a", {
      generation: 1,
      // One that ended and that nobody has looked after yet (Z) does nothing any more.
      run: `grep -q '(sleep) [^Z]' /proc/${pid}/stat 2>/dev/null && echo overlap > ${it.path("overlap")}; true`,
    }),
  ]);
  await it.until("a", 40);
  await expect.poll(() => lives(pid), { timeout: 10_000 }).toBe(false);
  expect(existsSync(it.path("overlap"))).toBe(false);
});

test("a removed task vanishes, also while its script runs", async () => {
  const gate = it.gate("a");
  it.start([task("a", { run: gate.script }), task("b", { run: "true" })]);
  await it.until("b", 40);
  it.configure([task("b", { run: "true" })]);
  expect(it.examiner.list().map(({ name }) => name)).toEqual(["b"]);
  const told = it.changes.length;
  it.configure([task("b", { run: "true" }), task("a", { run: "true", generation: 2 })]);
  await it.until("a", 40);
  expect(it.changes.slice(told).every(({ generation }) => generation === 2)).toBe(true);
});

test("a changed init task keeps its state; one that still runs goes on with its new script", async () => {
  const gate = it.gate("late");
  it.start([
    task("done", { kind: "init", run: `echo ran >> ${it.path("done-ran")}` }),
    task("stuck", { kind: "init", run: gate.script }),
    task("v", { needs: ["done", "stuck"], run: "true" }),
  ]);
  await it.until("done", 40);
  it.configure([
    task("done", { kind: "init", run: `echo again >> ${it.path("done-ran")}` }),
    task("stuck", { kind: "init", run: "true" }),
    task("v", { needs: ["done", "stuck"], run: "true" }),
  ]);
  await it.until("v", 40);
  expect(it.lines("done-ran")).toEqual(["ran"]);
  expect(inGeneration("stuck", 0)).toEqual([10, 30, 40]);
});

test("a failed task that starts over lets the others go on", async () => {
  const gate = it.gate("b");
  it.start([task("a", { failcheck: "false" }), task("b", { run: gate.script })]);
  await it.until("a", 35);
  it.configure([
    task("a", { run: "true", generation: 1 }),
    task("b", { run: "true", generation: 1 }),
  ]);
  await it.until("a", 40);
  await it.until("b", 40);
});

test("a restart with another graph drops what was of older generations, told or not", async () => {
  it.start([task("a", { run: "true" }), task("b", { run: "true" })]);
  await it.until("a", 40);
  await it.until("b", 40);
  it.stop();
  it.start([task("a", { run: "true" }), task("b", { generation: 3 })], {
    known: [
      {
        task: "b",
        state: 40,
        outputs: undefined,
        hint: "",
        failure: "",
        generation: 0,
        blockedBy: [],
      },
    ],
  });
  await it.until("b", 30);
  expect(it.examiner.state("a")).toBe(40);
  expect(
    it.examiner.unacked.every(({ task: name, generation }) => name === "a" || generation === 3),
  ).toBe(true);
});

test("a task on another machine that started over blocks again, and late news of its older self is dropped", async () => {
  const far = task("far", { machine: "other", run: "" });
  const near = task("near", { needs: ["far"], run: "true" });
  const peer = (state: number, generation: number) => ({
    task: "far",
    state,
    outputs: undefined,
    generation,
  });
  it.start([far, near], { peers: [peer(40, 0)] });
  await it.until("near", 40);
  it.configure(
    [
      { ...far, generation: 1 },
      { ...near, generation: 1 },
    ],
    { peers: [peer(0, 1)] },
  );
  expect(it.examiner.state("near")).toBe(20);
  it.examiner.peer(peer(40, 0));
  expect(it.examiner.state("near")).toBe(20);
  it.examiner.peer(peer(40, 1));
  await it.until("near", 40);
});

test("outputs that a new graph shares are told, though their task goes on as it was", async () => {
  it.start([task("a", { run: "echo word" })]);
  await it.until("a", 40);
  expect(it.last("a")?.outputs).toBeUndefined();
  it.configure([task("a", { run: "echo word", shareOutputs: true })]);
  expect(it.last("a")?.outputs?.stdout).toBe("word");
  expect(it.examiner.state("a")).toBe(40);
});
