import { afterEach, beforeEach, expect, test } from "vitest";
import type { KeptRound } from "../src/run-history.ts";
import { RunHistory } from "../src/run-history.ts";
import { Rig, task } from "./rig.ts";

let it: Rig;
beforeEach(() => {
  it = new Rig();
});
afterEach(() => it.close());

const runs = (name: string) => JSON.parse(it.examiner.describeRuns(name)) as KeptRound[];
const dry = async (name: string) => (JSON.parse(await it.examiner.dryRun(name)) as KeptRound[])[0]!;

test("an author sees the last five rounds: expanded scripts, env, exit codes, both streams, hint", async () => {
  it.start(
    [
      task("given", { run: "echo it is" }),
      task("a", {
        needs: ["given"],
        env: ["WORD=x(.needs.given.stdout)"],
        run: 'echo "out $WORD x(.needs.given.stdout)"; echo err >&2; exit 7',
        hintcheck: "echo not there",
      }),
    ],
    { authorView: true },
  );
  await it.rounds("a", 7);
  const kept = runs("a");
  expect(kept).toHaveLength(5);
  expect(kept.map(({ n }) => n)).toEqual(kept.map((_, at) => kept[0]!.n - at));
  const last = kept[0]!;
  expect(last.env).toEqual({ WORD: "it is" });
  expect(last.run).toMatchObject({ exitCode: 7, stdout: "out it is it is\n", stderr: "err\n" });
  expect(last.run!.script).toContain('echo "out $WORD it is"');
  expect(last.hintcheck).toMatchObject({ exitCode: 0, stdout: "not there\n" });
});

test("only an author's play shows runs, and only there a task is run again", async () => {
  it.start([task("a", { run: "true" })]);
  await it.until("a", 40);
  expect(runs("a")).toEqual([]);
  expect(await it.examiner.dryRun("a")).toContain("error");
});

test("running a task again changes nothing of its state, whatever comes of it", async () => {
  it.start(
    [
      task("done", { run: `echo ran >> ${it.path("ran")}; echo fine` }),
      task("never", { failcheck: `[ ! -e ${it.path("bad")} ]`, hintcheck: "echo why" }),
      task("blocked", { needs: ["never"], run: "exit 3" }),
    ],
    { authorView: true },
  );
  await it.until("done", 40);
  const told = it.changes.length;
  expect((await dry("done")).run).toMatchObject({ exitCode: 0, stdout: "fine\n" });
  expect(it.lines("ran")).toEqual(["ran", "ran"]);
  expect((await dry("blocked")).run).toMatchObject({ exitCode: 3 });
  expect(it.examiner.state("blocked")).toBe(20);
  expect(it.examiner.state("done")).toBe(40);
  expect(it.changes.slice(told).filter(({ task: name }) => name !== "never")).toEqual([]);
  expect(runs("done").map((one) => one.dry)).toEqual([true, false]);
});

test("a dry failcheck that fails freezes nothing", async () => {
  const gate = it.gate("a");
  it.start(
    [task("a", { run: gate.script }), task("f", { needs: ["a"], failcheck: "echo no; false" })],
    { authorView: true },
  );
  const round = await dry("f");
  expect(round.failcheck).toMatchObject({ exitCode: 1, stdout: "no\n" });
  expect(round.run).toBeUndefined();
  expect(it.examiner.state("f")).toBe(20);
  await gate.give("exit 0");
  await it.until("a", 40);
});

test("a dry run waits for the round that runs, and a second one at the same time is refused", async () => {
  const gate = it.gate("a");
  it.start([task("a", { run: `echo in >> ${it.path("order")}; ${gate.script}` })], {
    authorView: true,
  });
  await it.exists("order");
  const first = dry("a");
  expect(await it.examiner.dryRun("a")).toContain("one at a time");
  expect(it.lines("order")).toEqual(["in"]);
  await gate.give("exit 1");
  await gate.give("exit 4");
  const codes = [(await first).run!.exitCode];
  // The loop and the dry run take turns; which comes first after the gate is open does not matter.
  expect([1, 4]).toContain(codes[0]);
});

test("the history of all tasks together is bounded", () => {
  const history = new RunHistory();
  const text = "x".repeat(65_536);
  const round = (n: number): KeptRound => ({
    at: 0,
    durationMs: 1,
    env: {},
    waitsForInput: false,
    cut: false,
    n,
    generation: 0,
    dry: false,
    run: {
      script: "true",
      stdout: text,
      stderr: text,
      exitCode: 1,
      timedOut: false,
      durationMs: 1,
    },
  });
  for (let n = 0; n < 2_000; n++) history.add(`task-${n % 400}`, round(n));
  const all = Array.from({ length: 400 }, (_, at) => history.of(`task-${at}`)).flat();
  const size = all.reduce((sum, one) => sum + one.run!.stdout.length + one.run!.stderr.length, 0);
  expect(size).toBeLessThan(8_000_000);
  expect(history.of("task-399")[0]!.n).toBe(1_999);
});
