import { SCRIPT_SECONDS } from "@agon/protocol/task-runs";

/** What the author's view of a task says of its last round. */
export interface LookedAt {
  name: string;
  init: boolean;
  status: string | number;
  generation?: number;
  exitCode?: number | null;
  lastDurationMs?: number | null;
  timeoutSeconds?: number;
}

/** Exit code of a script that ran out of its time; one can end itself with it, too. */
const TIMED_OUT = 124;

/**
 * What an author hears of tasks without looking: a script that runs out of time, and an init task that
 * fails, for which the whole play waits. A check that is not met yet is no trouble.
 * @returns texts by what they are about: the same trouble has the same key.
 */
export function troubles(rows: LookedAt[], play: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const { name, init, status, generation = 0, exitCode, lastDurationMs, ...row } of rows) {
    if (String(status) !== "running" || !exitCode) continue;
    const seconds = row.timeoutSeconds || SCRIPT_SECONDS;
    const late = exitCode === TIMED_OUT && (lastDurationMs ?? 0) >= seconds * 1_000;
    if (!late && !init) continue;
    const what = late ? `ran out of time after ${seconds} s` : `ended with exit ${exitCode}`;
    const next = init
      ? "The machines are not ready until it completes; it is tried again."
      : "It is tried again.";
    found.set(
      `${play} ${name} ${generation} ${what}`,
      `${name} ${what}. ${next} See: ./agon task show ${play} ${name}`,
    );
  }
  return found;
}
