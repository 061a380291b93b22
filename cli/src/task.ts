import {
  SCRIPT_SECONDS,
  SCRIPTS,
  silentFor,
  type MachineRuns,
  type ScriptRun,
} from "@agon/protocol/task-runs";
import { ArenaError, type Arena } from "./arena.ts";
import { bold, dim, green, red, yellow } from "./words.ts";

/** A task in the author's view (examiner's describe). */
interface Row {
  name: string;
  machine: string;
  kind?: string;
  init: boolean;
  helper: boolean;
  status: string | number;
  needs: string[];
  blockedBy?: string[];
  rounds?: number;
  generation?: number;
  hint?: string;
  failure?: string;
  /** Of each of its scripts; 0 = the usual one. */
  timeoutSeconds?: number;
}

const usage = `usage: ./agon task ls PLAY
       ./agon task show PLAY TASK     its last runs: scripts, env, exit codes, output
       ./agon task run PLAY TASK      run it once more there; its state stays as it is`;

const STATE: Record<string, string> = {
  0: "none",
  10: "created",
  20: "blocked",
  30: "running",
  35: "failed",
  40: "completed",
};
const word = (row: Pick<Row, "status">) => STATE[String(row.status)] ?? String(row.status);

/** `./agon task …`: the debugger of tasks in the shell. @returns its exit code. */
export async function task(
  arena: Arena,
  [verb = "", play = "", name = ""]: string[],
): Promise<number> {
  const wanted = verb === "ls" ? play : play && name;
  if (!["ls", "show", "run"].includes(verb) || !wanted) {
    console.error(usage);
    return 1;
  }
  const { playTasks } = await arena.ask<{ playTasks: string }>(
    "query($p: ID!) { playTasks(play: $p) }",
    { p: play },
  );
  const rows = JSON.parse(playTasks) as Row[];
  if (verb === "ls") {
    for (const row of rows) console.log(line(row, rows));
    return 0;
  }
  const row = rows.find((one) => one.name === name);
  if (!row)
    throw new ArenaError(
      `The play has no task ${name}`,
      "NOT_FOUND",
      `It has: ${rows.map((one) => one.name).join(", ")}`,
    );
  if (verb === "show") {
    console.log(line(row, rows));
    if (row.failure) console.log(red(row.failure));
    else if (row.hint) console.log(yellow(row.hint));
    const { taskRuns } = await arena.ask<{ taskRuns: string }>(
      "query($p: ID!, $t: ID!) { taskRuns(play: $p, task: $t) }",
      { p: play, t: name },
    );
    const all = JSON.parse(taskRuns) as MachineRuns[];
    show(all);
    const hangs = hangingText(row, all, Date.now());
    if (hangs) console.log(yellow(hangs));
    return 0;
  }
  const { runTask } = await arena.ask<{ runTask: string }>(
    "mutation($p: ID!, $t: ID!) { runTask(play: $p, task: $t) }",
    { p: play, t: name },
  );
  const all = JSON.parse(runTask) as MachineRuns[];
  show(all);
  const ok = all.every(({ runs }) => Array.isArray(runs) && runs[0]?.run?.exitCode === 0);
  return ok ? 0 : 2;
}

/** Milliseconds between two rounds of a task that nobody looks at, and some to run. */
const SILENCE = 15_000;

/** Of a running task none of whose rounds ends: that, and when the arena ends it. Else empty. */
export function hangingText(
  row: Pick<Row, "status" | "timeoutSeconds">,
  all: MachineRuns[],
  now: number,
): string {
  if (word(row) !== "running") return "";
  const seconds = row.timeoutSeconds || SCRIPT_SECONDS;
  for (const { machine, runs } of all) {
    if (!Array.isArray(runs)) continue;
    const ms = silentFor(runs, 0, now);
    if (ms !== undefined && ms < SILENCE) continue;
    const since = ms === undefined ? "has ended yet" : `ended for ${Math.round(ms / 1000)} s`;
    return `${machine}: no round ${since}. A script that hangs is ended after ${seconds} s (timeout_seconds).`;
  }
  return "";
}

/** What a task waits for in the end: open needs that wait for nothing themselves. */
export function rootsOf(name: string, rows: Pick<Row, "name" | "blockedBy">[]): string[] {
  const seen = new Set<string>();
  const walk = (one: string): string[] => {
    if (seen.has(one)) return [];
    seen.add(one);
    const open = rows.find((row) => row.name === one)?.blockedBy ?? [];
    return open.length ? open.flatMap(walk) : [one];
  };
  return walk(name).filter((root) => root !== name);
}

function line(row: Row, rows: Row[]): string {
  const state = word(row);
  const paint = { completed: green, failed: red, running: yellow }[state] ?? dim;
  const kind = row.kind ?? (row.init ? "init" : row.helper ? "helper" : "regular");
  const blocked = row.blockedBy?.length
    ? dim(` by ${row.blockedBy.join(", ")}; in the end: ${rootsOf(row.name, rows).join(", ")}`)
    : "";
  const over = row.generation ? dim(` (started over, ${row.generation})`) : "";
  return `${bold(row.name.padEnd(28))} ${kind.padEnd(8)} ${row.machine.padEnd(14)} ${paint(state.padEnd(9))} ${dim(`${row.rounds ?? 0} rounds`)}${blocked}${over}`;
}

function show(all: MachineRuns[]): void {
  for (const { machine, runs } of all) {
    if (!Array.isArray(runs)) {
      console.log(red(`${machine}: ${runs?.error ?? "the examiner does not answer"}`));
      continue;
    }
    if (runs.length === 0) console.log(dim(`${machine}: no run yet`));
    for (const run of runs) {
      const what = run.dry ? "run by hand" : `round ${run.n}`;
      console.log(
        `\n${bold(`${machine}, ${what}`)} ${dim(`${new Date(run.at).toTimeString().slice(0, 8)}, ${run.durationMs} ms`)}`,
      );
      const env = Object.entries(run.env);
      if (env.length) console.log(dim(env.map(([key, value]) => `  ${key}=${value}`).join("\n")));
      if (run.waitsForInput) console.log(dim("  It waits for an answer: only failcheck is run."));
      for (const script of SCRIPTS) if (run[script]) showScript(script, run[script]);
    }
  }
}

function showScript(
  name: string,
  { script, exitCode, timedOut, stdout, stderr, durationMs }: ScriptRun,
): void {
  const end = timedOut
    ? red("ran out of time")
    : exitCode === 0
      ? green("exit 0")
      : red(`exit ${exitCode}`);
  console.log(`  ${bold(name)} ${end} ${dim(`${durationMs} ms`)}`);
  const block = (text: string, mark: string) => {
    if (text.trim()) console.log(text.trimEnd().replaceAll(/^/gm, `    ${mark} `));
  };
  block(script, dim("│"));
  block(stdout, ">");
  block(stderr, red(">"));
}
