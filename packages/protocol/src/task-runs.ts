/** One script of a round as it ran, its templates filled in. */
export interface ScriptRun {
  script: string;
  exitCode: number;
  timedOut: boolean;
  stdout: string;
  stderr: string;
  durationMs: number;
}

/** One evaluation of a task, as its examiner tells it to the task's author. */
export interface TaskRun {
  /** When it began: Unix ms of the machine's clock. */
  at: number;
  /** Counts the rounds of the task's generation. */
  n: number;
  generation: number;
  /** Asked for by the author: it changed nothing. */
  dry: boolean;
  durationMs: number;
  env: Record<string, string>;
  failcheck?: ScriptRun;
  run?: ScriptRun;
  hintcheck?: ScriptRun;
  waitsForInput: boolean;
}

/** The last runs of a task on one machine, newest first; null = its examiner did not answer. */
export interface MachineRuns {
  machine: string;
  runs: TaskRun[] | { error: string } | null;
}

/** The scripts of a run, in the order in which they run. */
export const SCRIPTS = ["failcheck", "run", "hintcheck"] as const;

/** Seconds after which a script is ended where its task names no timeout. */
export const SCRIPT_SECONDS = 60;

/**
 * How long no round of a running task has ended: much longer than a task is looked at means that a script
 * hangs, until it is ended.
 * @param since when the task began to run, in Unix ms; 0 = that is not known.
 * @returns milliseconds; undefined = nothing is known to count from.
 */
export function silentFor(runs: TaskRun[], since: number, now: number): number | undefined {
  const newest = runs.find(({ dry }) => !dry);
  const from = Math.max(since, newest ? newest.at + newest.durationMs : 0);
  return from === 0 ? undefined : Math.max(0, now - from);
}
