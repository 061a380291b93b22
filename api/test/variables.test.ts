import { TaskState } from "@agon/protocol/task-state";
import { expect, test } from "vitest";
import { emptyView, fold } from "../src/fold.ts";
import { playSpec } from "../src/play-spec.ts";
import { publishingTasks, resolvedVariables, shownVariables } from "../src/variables.ts";
import { challenge } from "./rig.ts";

const text = {
  body: [
    "Port {{ vars.PORT || '80' }}, :code-var{name=URL}, `{{ vars.SECRET }}`.",
    "```",
    "{{ vars.SECRET }}",
    "```",
    "::conditional{var=WAY}",
    "Default.",
    "::",
  ].join("\n"),
  variables: {
    PORT: "x(.needs.var_PORT.stdout)",
    URL: "http://server:x(.needs.var_PORT.stdout)/x(.needs.init_it.stdout)",
    WAY: "x(.needs.first.exit_code)",
    SECRET: "x(.needs.init_secret.stdout)",
    LITERAL: "never named",
  },
};
const outputs = (stdout: string) => ({ stdout, stderr: "", exit_code: "0", input: "" });

test("only variables that the text names are shown, and only their tasks publish outputs", () => {
  expect(Object.keys(shownVariables(text)).toSorted()).toEqual(["PORT", "URL", "WAY"]);
  expect([...publishingTasks(text)].toSorted()).toEqual(["first", "init_it", "var_PORT"]);
});

test("a variable is told once everything in it is known", () => {
  expect(resolvedVariables(text, {})).toEqual([]);
  expect(resolvedVariables(text, { var_PORT: outputs("8080") })).toEqual([
    { name: "PORT", value: "8080" },
  ]);
  const all = { var_PORT: outputs("8080"), init_it: outputs("x"), first: outputs("") };
  expect(resolvedVariables(text, all)).toEqual([
    { name: "PORT", value: "8080" },
    { name: "URL", value: "http://server:8080/x" },
    { name: "WAY", value: "0" },
  ]);
});

test("a host is told which outputs it may give away: none, unless a text shows them", () => {
  const views = { authorView: false, keepAttended: false };
  const quiet = playSpec("p1", challenge("one"), views);
  expect(quiet.tasks.some((task) => task.publishOutputs)).toBe(false);
  const shown = {
    ...challenge("one"),
    body: "{{ vars.IT }}",
    variables: { IT: "x(.needs.init_it.stdout)" },
  };
  const spec = playSpec("p1", shown, views);
  expect(spec.tasks.filter((task) => task.publishOutputs).map((task) => task.name)).toEqual([
    "init_it",
  ]);
});

test("the fold keeps published outputs of a completed task once, cut to what a sentence holds", () => {
  const keys = [{ name: "init_it", kind: "init", machine: "m1" }];
  const changed = {
    task: "init_it",
    state: TaskState.completed,
    version: 1,
    hint: "",
    failure: "",
    blockedBy: [],
    rounds: 1,
    atMs: 0,
    outputs: { stdout: "v".repeat(10_000), stderr: "", exitCode: 0, input: "" },
  };
  const event = { type: "task", at: 5, data: { machine: "m1", changed } };
  const step = fold(emptyView(0, 9), keys, event);
  expect(step.view.published?.["init_it"]?.stdout).toHaveLength(4096);
  expect(step.delta.published).toEqual(step.view.published);
  const again = fold(step.view, keys, event);
  expect(again.delta.published).toBeUndefined();
});
