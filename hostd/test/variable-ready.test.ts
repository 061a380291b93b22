import { expect, test } from "vitest";
import { KnownTask, TaskSpec } from "@agon/protocol/machine";
import { TaskState } from "@agon/protocol/task-state";
import { TaskLedger } from "../src/task-ledger.ts";

test("a play is ready once its init tasks are: a variable may find its value when the learner did something", () => {
  const tasks = ["init_ground", "var_SEEN"].map((name) =>
    TaskSpec.fromPartial({ name, machine: "m", kind: "init", run: "true" }),
  );
  const ledger = new TaskLedger(tasks, ["m"], {});
  expect(ledger.init((state) => state !== TaskState.completed)?.name).toBe("init_ground");
  expect(new TaskLedger(tasks.slice(1), ["m"], {}).init(() => true)).toBeUndefined();
});

test("why a play ends by an init task says which one, and what its failcheck said, cut to a sentence", () => {
  const init = TaskSpec.fromPartial({
    name: "init_ground",
    machine: "m",
    kind: "init",
    run: "true",
  });
  const known = (failure: string) => ({
    init_ground: KnownTask.fromPartial({ task: "init_ground", state: TaskState.failed, failure }),
  });
  const why = (failure: string) =>
    new TaskLedger([init], ["m"], known(failure)).whyFailed("init_ground");
  expect(why("The cellar is flooded.\n")).toBe(
    "init task init_ground failed: The cellar is flooded.",
  );
  expect(why("")).toBe("init task init_ground failed");
  expect(why("x".repeat(60_000))).toHaveLength(1_000);
});
