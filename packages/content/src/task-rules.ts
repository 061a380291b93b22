import type { Playground, Problem, Task } from "./model.ts";
import type { Source } from "./source.ts";

/** Words with which a script says something. */
const SPEAKS = /\b(?:echo|printf|cat|tee|diff|cmp|logger|column|jq)\b|<<|set -[a-z]*[xv]/;

/** A script without its comments. */
const withoutComments = (script: string): string => script.replace(/^\s*#.*$/gm, "");

/**
 * Tells checks that can explain nothing: no `hintcheck`, and a `run` without a word that prints.
 * Learners are never shown what `run` prints, but its author is.
 */
export function checkExplains(source: Source, tasks: Iterable<Task>): void {
  for (const task of tasks) {
    if (task.kind !== "regular" || task.hintcheck.trim() || task.failcheck.trim()) continue;
    if (!task.run.trim() || SPEAKS.test(withoutComments(task.run))) continue;
    // An answer that is wrong needs no more words than its component has.
    if (task.input) continue;
    source.warn(
      "AG071",
      ["tasks", task.name],
      `whoever does not pass ${task.name} is never told why`,
      'add hintcheck: that prints what is seen, for example: echo "Nothing listens on port 80."',
    );
  }
}

const MARKER = /^# session: (?:[^\s@]+@)?([^\s@]+)(?: retry(?:=\d+)?)?\s*$/;
const WAIT = /\bexaminerctl\s+task\s+(wait|input|get)\s+(["']?)([A-Za-z_][\w-]*)\2/g;

/** Tells what is odd in the solution scripts of a challenge (spec 7). */
export function checkSolutions(
  root: string,
  scripts: Record<string, string>,
  tasks: readonly Task[],
  { machines }: Pick<Playground, "machines">,
): Problem[] {
  const problems: Problem[] = [];
  for (const [name, text] of Object.entries(scripts)) {
    const lines = text.split("\n");
    const tell = (code: "AG072" | "AG073", line: number, message: string, fix: string) =>
      problems.push({
        file: root ? `${root}/${name}` : name,
        line,
        column: 1,
        severity: "warning",
        code,
        message,
        fix,
        excerpt: (lines[line - 1] ?? "").slice(0, 200),
      });
    let waits = false;
    for (const [index, line] of lines.entries()) {
      const machine = MARKER.exec(line)?.[1];
      const found = machines.find((one) => one.name === machine);
      if (machine !== undefined && !found)
        tell(
          "AG073",
          index + 1,
          `the session is on unknown machine "${machine}"`,
          `use one of ${machines.map((one) => one.name).join(", ")}`,
        );
      else if (found?.noSSH)
        tell(
          "AG073",
          index + 1,
          `the session is on ${machine}, which has noSSH`,
          "work on another machine; its tasks run all the same",
        );
      if (line.trimStart().startsWith("#")) continue;
      if (/\bexaminerctl\s+task\s+wait\b/.test(line)) waits = true;
      for (const [, , , task] of line.matchAll(WAIT))
        if (!tasks.some((one) => one.name === task))
          tell(
            "AG073",
            index + 1,
            `there is no task ${task}`,
            `name one of ${tasks.map((one) => one.name).join(", ")}`,
          );
    }
    if (!waits && name.startsWith(".solution"))
      tell(
        "AG072",
        1,
        "the solution never waits for a task",
        "add examinerctl task wait NAME --timeout 60s where a check has to see what was done",
      );
  }
  return problems;
}
