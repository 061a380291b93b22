import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type {
  Configure,
  KnownTask,
  PeerChanged,
  TaskChanged,
  TaskSpec,
} from "@agon/protocol/machine";
import { Examiner, type Pace } from "../src/examiner.ts";
import { TaskBook } from "../src/task-book.ts";

const PACE: Pace = { attended: 40, idle: 5_000, woken: 5 };
let folder: string;
let living: Examiner[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "agon-examiner-"));
});
afterEach(() => {
  for (const examiner of living) examiner.stop();
  living = [];
  rmSync(folder, { recursive: true, force: true });
});

const task = (name: string, rest: Partial<TaskSpec>): TaskSpec => ({
  name,
  machine: "m",
  kind: "regular",
  needs: [],
  run: "false",
  failcheck: "",
  hintcheck: "",
  user: "",
  env: [],
  timeoutSeconds: 30,
  destination: "",
  shareOutputs: false,
  ...rest,
});
const path = (name: string) => join(folder, name);

interface Rig {
  examiner: Examiner;
  changes: TaskChanged[];
  states: (name: string) => number[];
  until: (name: string, state: number) => Promise<void>;
}

/** An examiner over real bash, with every change that it told. */
function rig(tasks: TaskSpec[], rest: Partial<Configure> = {}): Rig {
  const examiner = new Examiner(new TaskBook(path("state")), path("scripts"), PACE);
  living.push(examiner);
  const changes: TaskChanged[] = [];
  examiner.onChange = (change) => changes.push(structuredClone(change));
  examiner.configure({
    tasks,
    machine: "m",
    labUser: "laborant",
    peers: [],
    attended: true,
    known: [],
    frozen: false,
    authorView: false,
    ...rest,
  });
  const states = (name: string) =>
    changes.filter((change) => change.task === name).map((change) => change.state);
  return {
    examiner,
    changes,
    states,
    until: (name, state) =>
      expect.poll(() => examiner.state(name), { timeout: 60_000, interval: 10 }).toBe(state),
  };
}

describe("states and rounds (5.1–5.3)", () => {
  test("a task goes 10 → 30 → 40; success is final, and run never runs again", async () => {
    const it = rig([
      task("a", { run: `echo x >> ${path("ran")}` }),
      task("later", { run: `[ -f ${path("go")} ]` }),
    ]);
    await it.until("a", 40);
    expect(it.states("a")).toEqual([10, 30, 40]);
    writeFileSync(path("go"), "");
    await it.until("later", 40);
    expect(readFileSync(path("ran"), "utf8")).toBe("x\n");
  });

  test("a non-zero run is no failure: it is repeated; versions are dense", async () => {
    const it = rig([
      task("a", { run: `echo x >> ${path("n")}; [ $(wc -l < ${path("n")}) -ge 3 ]` }),
    ]);
    await it.until("a", 40);
    expect(it.changes.map((change) => change.version)).toEqual(
      it.changes.map((_, index) => index + 1),
    );
  });

  test("failcheck comes before run; its output is the failure; the others freeze", async () => {
    const it = rig([
      task("a", { failcheck: "echo broken; echo worse >&2; exit 3", run: `touch ${path("ran")}` }),
      task("b", {}),
    ]);
    await it.until("a", 35);
    expect(it.changes.at(-1)).toMatchObject({ task: "a", failure: "broken\nworse" });
    expect(existsSync(path("ran"))).toBe(false);
    it.examiner.wake();
    expect(it.examiner.state("b")).toBe(30);
  });

  test("hintcheck sees what run left; the hint changes after the round, and goes on success", async () => {
    const it = rig([
      task("a", {
        run: `rm -f ${path("why")}; [ -f ${path("go")} ] || { echo "no go file" > ${path("why")}; false; }`,
        hintcheck: `cat ${path("why")}; rm -f ${path("why")}`,
      }),
    ]);
    await expect.poll(() => it.changes.at(-1)?.hint, { timeout: 60_000 }).toBe("no go file");
    writeFileSync(path("go"), "");
    await it.until("a", 40);
    expect(it.changes.at(-1)?.hint).toBe("");
    expect(it.changes.filter((change) => change.hint).length).toBe(1);
  });
});

describe("needs, init, helpers (4.1, 4.3)", () => {
  test("a task is blocked until its needs are completed, and says by whom", async () => {
    const it = rig([
      task("a", { run: `[ -f ${path("go")} ]` }),
      task("b", { needs: ["a"], run: "true" }),
    ]);
    await it.until("b", 20);
    expect(
      it.changes.find((change) => change.task === "b" && change.state === 20)?.blockedBy,
    ).toEqual(["a"]);
    writeFileSync(path("go"), "");
    await it.until("b", 40);
  });

  test("a need on another machine opens by what hostd tells, with its outputs", async () => {
    const peers: PeerChanged[] = [{ task: "far", state: 10, outputs: undefined }];
    const it = rig(
      [
        task("far", { machine: "other", run: "" }),
        task("b", {
          needs: ["far"],
          env: ["WANTED=x(.needs.far.stdout)"],
          run: '[ "$WANTED" = "it is" ]',
        }),
      ],
      { peers },
    );
    await it.until("b", 20);
    it.examiner.peer({
      task: "far",
      state: 40,
      outputs: { stdout: "it is\n", stderr: "", exitCode: 0, input: "" },
    });
    await it.until("b", 40);
  });

  test("a helper loops and stays at 30", async () => {
    const it = rig([task("h", { kind: "helper", run: `echo x >> ${path("n")}; exit 1` })]);
    await expect
      .poll(() => (existsSync(path("n")) ? readFileSync(path("n"), "utf8").length : 0), {
        timeout: 60_000,
      })
      .toBeGreaterThanOrEqual(4);
    expect(it.examiner.state("h")).toBe(30);
  });
});

describe("timeouts, users, environment, outputs (5.4, 5.9)", () => {
  test("a timeout ends the whole group and counts as unsuccessful", async () => {
    const it = rig([
      task("a", {
        timeoutSeconds: 1,
        run: `[ -f ${path("pid")} ] && exit 0; sleep 300 & echo $! > ${path("pid")}; wait`,
      }),
    ]);
    await it.until("a", 40);
    expect(
      existsSync(`/proc/${readFileSync(path("pid"), "utf8").trim()}/stat`) &&
        !readFileSync(`/proc/${readFileSync(path("pid"), "utf8").trim()}/stat`, "utf8").includes(
          ") Z",
        ),
    ).toBe(false);
  });

  test("an unknown user is a failed attempt, not a crash", async () => {
    const it = rig([
      task("a", { user: "nobody-of-that-name", run: "true" }),
      task("b", { run: "true" }),
    ]);
    await it.until("b", 40);
    expect(it.examiner.state("a")).toBe(30);
  });

  test("scripts get a clean environment, LAB_USER, env entries and the helper functions", async () => {
    process.env["LEAK"] = "1";
    const it = rig([
      task("a", {
        env: ["A=b=c"],
        run: '[ "$A" = "b=c" ] && [ -z "$LEAK" ] && [ "$LAB_USER" = laborant ] && [ "$(type -t docker_container_is_running)" = function ]',
      }),
    ]);
    await it.until("a", 40);
  });

  test("outputs are trimmed, bounded, and shared only when another machine's template names them", async () => {
    const it = rig([
      task("a", { run: "head -c 200000 /dev/zero | tr '\\0' a; echo", shareOutputs: true }),
      task("b", { run: "echo secret" }),
    ]);
    await it.until("a", 40);
    await it.until("b", 40);
    expect(
      it.changes.find((change) => change.task === "a" && change.state === 40)?.outputs?.stdout
        .length,
    ).toBeLessThanOrEqual(65_536);
    expect(
      it.changes.find((change) => change.task === "b" && change.state === 40)?.outputs,
    ).toBeUndefined();
  });
});

describe("input (5.8)", () => {
  test("before the first input only failcheck runs; the latest value wins; destination is written", async () => {
    const it = rig([
      task("a", {
        failcheck: `echo x >> ${path("f")}`,
        run: '[ "x(.input)" = "right" ]',
        hintcheck: "echo wrong",
        destination: path("deep/answer"),
      }),
    ]);
    await expect.poll(() => existsSync(path("f")), { timeout: 60_000 }).toBe(true);
    expect(it.changes.some((change) => change.hint)).toBe(false);
    expect(it.examiner.submit("a", Buffer.from("not it"))).toBe("");
    await expect.poll(() => it.changes.at(-1)?.hint, { timeout: 60_000 }).toBe("wrong");
    expect(readFileSync(path("deep/answer"), "utf8")).toBe("not it");
    it.examiner.submit("a", Buffer.from("right"));
    await it.until("a", 40);
  });

  test("oversized and NUL inputs, and inputs of unknown tasks, are refused with a reason", () => {
    const it = rig([task("a", {})]);
    expect(it.examiner.submit("a", Buffer.alloc(4_097, "a"))).toContain("4096");
    expect(it.examiner.submit("a", Buffer.from("a\0b"))).toContain("NUL");
    expect(it.examiner.submit("zzz", Buffer.from("a"))).toContain("no task");
  });
});

describe("persistence (5.11)", () => {
  test("a restart keeps states, inputs and unacknowledged changes; what hostd knows is never lowered", async () => {
    const tasks = [
      task("a", { run: `echo x >> ${path("n")}` }),
      task("b", { run: '[ "x(.input)" = "kept" ] && [ -f /nowhere/zzz ]' }),
    ];
    const first = rig(tasks);
    await first.until("a", 40);
    first.examiner.submit("b", Buffer.from("kept"));
    first.examiner.stop();
    const known: KnownTask[] = [
      { task: "b", state: 40, outputs: undefined, hint: "", failure: "" },
    ];
    const second = rig(tasks, { known });
    expect(second.examiner.state("a")).toBe(40);
    expect(second.examiner.state("b")).toBe(40);
    expect(
      second.examiner.unacked.some((change) => change.task === "a" && change.state === 40),
    ).toBe(true);
    second.examiner.ack(10_000);
    expect(second.examiner.unacked).toEqual([]);
    expect(readFileSync(path("n"), "utf8")).toBe("x\n");
  });

  test("learners see no scripts and no outputs; an author's play does", async () => {
    const it = rig([task("a", { run: "echo secret" })]);
    await it.until("a", 40);
    expect(JSON.stringify(it.examiner.get("a"))).not.toContain("secret");
    expect(JSON.stringify(it.examiner.list())).not.toContain("secret");
    const author = rig([task("a", { run: "echo secret" })], { authorView: true });
    expect(JSON.stringify(author.examiner.get("a"))).toContain("secret");
  });
});

test("random graphs: codes never decrease, nothing runs before its needs, all complete", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(fc.nat({ max: 100 }), { maxLength: 3 }), { minLength: 1, maxLength: 7 }),
      async (graph) => {
        rmSync(path("state"), { recursive: true, force: true });
        const tasks = graph.map((needs, index) =>
          task(`t${index}`, {
            needs: [...new Set(needs.map((need) => `t${need % Math.max(1, index)}`))].filter(
              () => index > 0,
            ),
            run: "true",
          }),
        );
        const it = rig(tasks);
        for (const { name } of tasks) await it.until(name, 40);
        it.examiner.stop();
        const now = new Map<string, number>();
        for (const change of it.changes) {
          expect(change.state).toBeGreaterThanOrEqual(now.get(change.task) ?? 0);
          if (change.state >= 30)
            for (const need of tasks.find((one) => one.name === change.task)!.needs)
              expect(now.get(need)).toBe(40);
          now.set(change.task, change.state);
        }
      },
    ),
    { numRuns: 12 },
  );
});
