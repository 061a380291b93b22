import { createHash } from "node:crypto";
import type { Challenge, InitCondition, Task } from "./model.ts";
import type { Source } from "./source.ts";
import { asList, asMap, asText } from "./value.ts";

/** Questions that a play answers before it starts (spec 3.3.5). */
export function readConditions(source: Source, value: unknown): InitCondition[] {
  const at = ["playground", "initConditions", "values"];
  const conditions = asList(asMap(value)["values"]).map((one, index) => {
    const spec = asMap(one);
    const condition = {
      key: asText(spec["key"]),
      default: asText(spec["default"]),
      options: asList(spec["options"]).map(asText),
      nullable: spec["nullable"] === true,
      placeholder: asText(spec["placeholder"]),
      validationRegex: asText(spec["validationRegex"]),
    };
    if (!condition.key)
      source.error("AG041", [...at, index], "an init condition has no key", "add key:");
    if (
      condition.default &&
      condition.options.length &&
      !condition.options.includes(condition.default)
    )
      source.error(
        "AG041",
        [...at, index, "default"],
        `default "${condition.default}" of condition "${condition.key}" is none of its options`,
        `use one of ${condition.options.join(", ")}`,
      );
    return condition;
  });
  return conditions;
}

/** What was answered to the questions of a play, by key. */
export type Answers = Readonly<Record<string, string>>;

/** Bytes of one answer at most. */
const MAX_ANSWER = 1_024;

/** The defaults, which count where nobody is asked. */
function defaults(conditions: readonly InitCondition[]): Record<string, string> {
  return Object.fromEntries(conditions.map((one) => [one.key, one.default]));
}

/**
 * The tasks that belong to a play with these answers: one whose conditions do not all match does
 * not exist, and a need of it counts as satisfied (spec 3.3.5).
 */
function matching(tasks: readonly Task[], answers: Answers): Task[] {
  const kept = tasks.filter((task) =>
    task.conditions.every(({ key, value }) => answers[key] === value),
  );
  const names = new Set(kept.map((task) => task.name));
  return kept.map((task) => ({ ...task, needs: task.needs.filter((need) => names.has(need)) }));
}

/** The tasks of a play of which nobody was asked anything, and all of them where other answers choose others. */
export function selectTasks(
  tasks: Task[],
  conditions: readonly InitCondition[],
): { tasks: Task[]; everyTask?: Task[] } {
  if (conditions.length === 0) return { tasks };
  return { tasks: matching(tasks, defaults(conditions)), everyTask: tasks };
}

/** What is wrong with answers, in a sentence; undefined when a play can start with them. */
export function wrongAnswer(
  conditions: readonly InitCondition[],
  answers: Answers,
): string | undefined {
  for (const [key, value] of Object.entries(answers)) {
    const asked = conditions.find((one) => one.key === key);
    if (!asked) return `Nothing is asked by the name "${key}".`;
    if (value === "" && (asked.nullable || asked.default === "")) continue;
    if (asked.options.length && !asked.options.includes(value))
      return `"${key}" is one of ${asked.options.join(", ")}.`;
    if (value === "") return `"${key}" needs an answer.`;
    if (Buffer.byteLength(value) > MAX_ANSWER)
      return `The answer to "${key}" is longer than ${MAX_ANSWER} bytes.`;
  }
  return undefined;
}

/** Content as a play with these answers has it: with tasks, and so a version, of its own. */
export function answered<Played extends Challenge>(challenge: Played, answers: Answers): Played {
  const { initConditions = [] } = challenge.playground;
  const usual = defaults(initConditions);
  const all: Record<string, string> = { ...usual, ...answers };
  if (!challenge.everyTask || initConditions.every(({ key }) => all[key] === usual[key]))
    return challenge;
  const chosen = JSON.stringify(initConditions.map(({ key }) => [key, all[key]]));
  return {
    ...challenge,
    tasks: matching(challenge.everyTask, all),
    version: createHash("sha256").update(`${challenge.version} ${chosen}`).digest("hex"),
  };
}
