import { expect, test } from "vitest";
import type { KnownTask, TaskChanged, TaskSpec } from "@agon/protocol/machine";
import { TaskLedger } from "../src/task-ledger.ts";

const spec = (name: string, needs: string[] = []): TaskSpec => ({
  name,
  machine: "left",
  kind: "regular",
  needs,
  run: "true",
  failcheck: "",
  hintcheck: "",
  user: "",
  env: [],
  timeoutSeconds: 30,
  destination: "",
  shareOutputs: false,
  vars: {},
  everywhere: true,
  publishOutputs: false,
  generation: 0,
});
const change = (task: string, state: number, hint = ""): TaskChanged => ({
  task,
  state,
  version: 1,
  hint,
  failure: "",
  blockedBy: [],
  rounds: 1,
  outputs: undefined,
  atMs: Date.now(),
  generation: 0,
});

/** A ledger that takes over what it accepts, as a play does, and what it told. */
function ledger() {
  const known: Record<string, KnownTask> = {};
  const it = new TaskLedger([spec("a"), spec("b", ["a"])], ["left", "right"], known);
  const told: string[] = [];
  const report = (machine: string, one: TaskChanged): string => {
    const verdict = it.judge(machine, one);
    if (verdict.kind === "accepted") {
      it.apply(verdict.changed);
      const { task, state, hint } = verdict.changed;
      told.push(`${task} ${state}${hint && ` ${hint}`}`);
    }
    if (verdict.kind === "accepted" || verdict.kind === "part")
      if (verdict.instance) it.applyPart(verdict.instance);
    return verdict.kind;
  };
  return { it, told, report };
}

test("V8: a task that runs everywhere is completed when it is on all machines, and tells each one's hint", () => {
  const { it, told, report } = ledger();
  report("left", change("a", 10));
  expect(report("right", change("a", 10))).toBe("part");
  report("left", change("a", 30));
  report("right", change("a", 30, "no file"));
  report("left", change("a", 30, "no port"));
  report("left", change("a", 40));
  expect(it.state("a")).toBe(30);
  report("right", change("a", 40));
  expect(told).toEqual([
    "a 10",
    "a 30",
    "a 30 right: no file",
    "a 30 left: no port\nright: no file",
    "a 30 right: no file",
    "a 40",
  ]);
  // What a machine is told of itself after a restart is its own part.
  expect(it.knownOf("right").map(({ task, state }) => `${task} ${state}`)).toEqual(["a 40"]);
});

test("V8: it is failed when one machine's part is; needs are those of the same machine", () => {
  const { it, report } = ledger();
  report("left", change("a", 30));
  report("left", change("a", 40));
  expect(report("right", change("b", 30))).toBe("refused");
  expect(report("left", change("b", 30))).toBe("accepted");
  expect(report("third", change("a", 40))).toBe("refused");
  report("right", change("a", 30));
  report("right", change("a", 35));
  expect(it.state("a")).toBe(35);
  expect(it.frozen).toBe(true);
});
