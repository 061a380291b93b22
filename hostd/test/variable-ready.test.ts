import { expect, test } from "vitest";
import { TaskSpec } from "@agon/protocol/machine";
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
