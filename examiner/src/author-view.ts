import type { TaskSpec } from "@agon/protocol/machine";
import { taskStateName } from "@agon/protocol/task-state";
import type { Round } from "./round.ts";
import type { ScriptResult } from "./script.ts";
import type { TaskRecord } from "./task-book.ts";

/** Characters of an answer at most: the channel takes messages of 1 MiB. */
const ANSWER = 300_000;

/** All that an author may know of a task, as `examinerctl task get` and the debugger show it. */
export function authorRow(
  spec: TaskSpec,
  record: TaskRecord,
  last: Partial<Round>,
  now: { version: number; blockedBy: string[] },
): Record<string, unknown> {
  const { at, durationMs, run, failcheck, hintcheck } = last;
  const check = (prefix: string, result?: ScriptResult) => ({
    [`${prefix}ExitCode`]: result?.exitCode ?? null,
    [`${prefix}Stdout`]: result ? [result.stdout] : [],
    [`${prefix}Stderr`]: result ? [result.stderr] : [],
  });
  return {
    name: spec.name,
    machine: spec.machine,
    kind: spec.kind,
    init: spec.kind === "init",
    helper: spec.kind === "helper",
    state: record.state,
    status: taskStateName(record.state),
    version: now.version,
    rounds: record.rounds,
    generation: record.generation,
    blockedBy: now.blockedBy,
    needs: spec.needs,
    run: spec.run,
    env: spec.env,
    user: spec.user || "root",
    timeoutSeconds: spec.timeoutSeconds,
    hintcheck: spec.hintcheck,
    failcheck: spec.failcheck,
    exitCode: run?.exitCode ?? null,
    stdout: run?.stdout ?? record.outputs?.stdout ?? "",
    stderr: run?.stderr ?? "",
    lastRunAt: at ? new Date(at).toISOString() : null,
    lastDurationMs: durationMs ?? null,
    hint: record.hint,
    failure: record.failure,
    ...check("hintcheck", hintcheck),
    ...check("failcheck", failcheck),
  };
}

/** Rounds as JSON, newest first, without the oldest ones that would make it too long. */
export function roundsJson(rounds: object[]): string {
  for (let count = rounds.length; count > 0; count--) {
    const json = JSON.stringify(rounds.slice(0, count));
    if (Buffer.byteLength(json) <= ANSWER * 3 || count === 1) return json;
  }
  return "[]";
}
