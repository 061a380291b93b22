import type { TaskSpec } from "@agon/protocol/machine";
import { SCRIPT_SECONDS } from "@agon/protocol/task-runs";
import { runScript, type ScriptResult } from "./script.ts";
import { expandPlain, expandScript, usesInput, type Values } from "./template.ts";

/** One script of a round as it ran: with its templates filled in. */
export interface ScriptRun extends ScriptResult {
  script: string;
  durationMs: number;
}

/** One evaluation of a task: failcheck, run, hintcheck, as far as it came (spec 5.3). */
export interface Round {
  /** Unix ms of the machine's clock. */
  at: number;
  durationMs: number;
  env: Record<string, string>;
  failcheck?: ScriptRun;
  run?: ScriptRun;
  hintcheck?: ScriptRun;
  /** No input was submitted yet, so only failcheck was looked at. */
  waitsForInput: boolean;
  /** It was ended before its end: what it saw counts for nothing. */
  cut: boolean;
}

/** What {@link runRound} needs besides the task. */
export interface RoundOptions {
  values: Values;
  hasInput: boolean;
  labUser: string;
  scratch: string;
  signal: AbortSignal;
  /** Whether to go on, asked after each script. */
  still: () => boolean;
}

/** Whether a failcheck tells that the task failed; one that ran out of time tells nothing. */
export function hasFailed(round: Round): boolean {
  const { failcheck } = round;
  return failcheck !== undefined && failcheck.exitCode !== 0 && !failcheck.timedOut;
}

/** What a script printed, both streams. */
export function printed(run: ScriptResult): string {
  return (run.stdout + run.stderr).trim();
}

/** How a script that was not successful ended, in words that hold nothing of what it printed. */
export function endOf({ timedOut, exitCode }: ScriptResult, timeoutSeconds: number): string {
  return timedOut
    ? `ran out of time after ${timeoutSeconds || SCRIPT_SECONDS} s`
    : `ended with exit ${exitCode}`;
}

/** Runs a task's scripts once. Changes no state: what follows from it is the caller's. */
export async function runRound(spec: TaskSpec, options: RoundOptions): Promise<Round> {
  const { values, signal, still } = options;
  const begun = performance.now();
  const since = (from: number) => Math.round(performance.now() - from);
  const round: Round = {
    at: Date.now(),
    durationMs: 0,
    env: Object.fromEntries(
      spec.env.map((entry) => {
        const at = entry.indexOf("=");
        return [entry.slice(0, at), expandPlain(entry.slice(at + 1), values).replaceAll("\0", "")];
      }),
    ),
    waitsForInput: false,
    cut: false,
  };
  const run = async (text: string): Promise<ScriptRun> => {
    const from = performance.now();
    const script = expandScript(text, values);
    const result = await runScript(script, {
      user: spec.user,
      env: round.env,
      timeoutSeconds: spec.timeoutSeconds || SCRIPT_SECONDS,
      labUser: options.labUser,
      signal,
      scratch: options.scratch,
    });
    return { ...result, script, durationMs: since(from) };
  };
  const ended = (cut = false): Round => ({ ...round, cut, durationMs: since(begun) });
  if (spec.failcheck && spec.kind !== "helper") {
    round.failcheck = await run(spec.failcheck);
    if (!still()) return ended(true);
    if (hasFailed(round)) return ended();
  }
  const scripts = [spec.run, spec.failcheck, spec.hintcheck, ...spec.env];
  if (!options.hasInput && scripts.some(usesInput)) {
    round.waitsForInput = true;
    return ended();
  }
  round.run = await run(spec.run);
  if (!still()) return ended(true);
  if (round.run.exitCode === 0 || spec.kind === "helper" || !spec.hintcheck) return ended();
  round.hintcheck = await run(spec.hintcheck);
  return ended(!still());
}
