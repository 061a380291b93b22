import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ArenaClient, PlayView } from "./arena-client.ts";
import { parseChunks } from "./chunks.ts";
import { execChunk } from "./exec.ts";
import type { Playable } from "./playables.ts";

/** What a bot found out. `reason` says why in one sentence. */
export interface Verdict {
  verdict: "pass" | "fail";
  reason: string;
}

/** Milliseconds, each times the run's patience. */
const READY_LIMIT = 300_000;
const SOLVE_LIMIT = 300_000;
/** How long checks may take to see what a solution did, when each looked ten times since; four times that anyway. */
const SETTLE_LIMIT = 30_000;
/** The same after a script that broke: nothing more will come, but a machine may be booting still. */
const BROKEN_LIMIT = 20_000;
const NOTHING_TIME = 15_000;
const NOTHING_ROUNDS = 5;
const POLL = 500;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** One run's surroundings. */
export interface Run {
  client: ArenaClient;
  challenge: Playable;
  /** Empty = the host's default. */
  backend: string;
  artifacts: string;
  signal: AbortSignal;
  /** Factor of all limits. */
  patience: number;
}

/** Factor of all limits where nobody says otherwise: virtual machines may be emulated. */
export function patienceFor(backend: string): number {
  return backend === "container" ? 1 : 3;
}

async function ready(run: Run, id: string): Promise<PlayView> {
  const limit = READY_LIMIT * run.patience;
  const until = Date.now() + limit;
  for (;;) {
    const play = await run.client.play(id);
    if (play.state === "RUNNING") return play;
    if (play.state === "FAILED" || play.state.startsWith("DESTROY"))
      throw new Error(`the play became ${play.state}: ${play.reason ?? "no reason given"}`);
    if (play.failed)
      throw new Error(`the play never gets ready: ${play.reason ?? "no reason given"}`);
    if (Date.now() > until)
      throw new Error(`the play was not running after ${limit / 1000} s (state ${play.state})`);
    await pause(POLL);
  }
}

function regular(run: Run, play: PlayView): PlayView["tasks"] {
  const names = new Set(
    run.challenge.tasks.filter((task) => task.kind === "regular").map((task) => task.name),
  );
  return play.tasks.filter((task) => names.has(task.name));
}

const list = (tasks: PlayView["tasks"]) => tasks.map((task) => task.name).join(", ");

async function nothing(run: Run, id: string): Promise<Verdict> {
  const begun = Date.now();
  for (;;) {
    const play = await run.client.play(id);
    const tasks = regular(run, play);
    const done = tasks.filter((task) => task.state === 40);
    if (done.length)
      return { verdict: "fail", reason: `completed although nothing was done: ${list(done)}` };
    const failed = tasks.filter((task) => task.state === 35);
    if (failed.length)
      return { verdict: "fail", reason: `failed although nothing was done: ${list(failed)}` };
    // Tasks that wait for an input are never run before one was given, so they make no rounds of their own.
    const evaluated = tasks.filter((task) => task.state === 30);
    const counted = await run.client.rounds(id);
    const rounds = Math.min(...evaluated.map((task) => counted.get(task.name) ?? 0));
    if (evaluated.length && rounds >= NOTHING_ROUNDS && Date.now() - begun >= NOTHING_TIME)
      return {
        verdict: "pass",
        reason: `nothing completed in ${rounds} rounds of ${list(evaluated)}`,
      };
    if (Date.now() - begun > SOLVE_LIMIT * run.patience)
      return {
        verdict: "fail",
        reason: `only ${evaluated.length ? rounds : 0} rounds in ${(SOLVE_LIMIT * run.patience) / 1000} s`,
      };
    await pause(POLL);
  }
}

async function script(run: Run, id: string, text: string): Promise<string> {
  const until = Date.now() + SOLVE_LIMIT * run.patience;
  for (const [index, chunk] of parseChunks(text).entries()) {
    const machine =
      chunk.machine || (run.challenge.playground.machines.find((one) => !one.noSSH)?.name ?? "");
    for (let attempt = 0; ; attempt++) {
      const name = `chunk-${String(index).padStart(2, "0")}${attempt ? `.retry-${String(attempt).padStart(2, "0")}` : ""}`;
      const files = {
        stdout: join(run.artifacts, `${name}.stdout.log`),
        stderr: join(run.artifacts, `${name}.stderr.log`),
      };
      let code = 255;
      try {
        const url = await run.client.execSlot(id, machine, chunk.user);
        code = await execChunk(
          url,
          `set -exuo pipefail\n${chunk.text}`,
          files,
          AbortSignal.any([run.signal, AbortSignal.timeout(Math.max(1000, until - Date.now()))]),
        );
      } catch (error) {
        writeFileSync(files.stderr, `${(error as Error).message}\n`, { flag: "a" });
      }
      if (code === 0) break;
      if (attempt >= chunk.retry || Date.now() > until)
        return `chunk ${index} on ${machine} ended with ${code}`;
      await pause(1000);
    }
  }
  return "";
}

async function wrong(run: Run, id: string, text: string): Promise<Verdict> {
  const ended = await script(run, id, text);
  const before = await run.client.rounds(id);
  const finished = Date.now();
  for (;;) {
    const play = await run.client.play(id);
    const open = regular(run, play).filter((task) => task.state < 40);
    if (play.completed || open.length === 0)
      return { verdict: "fail", reason: "the wrong attempt completed every task" };
    const hinted = open.filter((task) => task.hint || task.failure);
    const counted = await run.client.rounds(id);
    // Three further rounds of each: the checks have seen what the script left.
    const seen = open
      .filter((task) => task.state === 30)
      .every((task) => (counted.get(task.name) ?? 0) >= (before.get(task.name) ?? 0) + 3);
    if (hinted.length && seen)
      return {
        verdict: "pass",
        reason: `open with a hint: ${list(hinted)}${ended ? ` (${ended})` : ""}`,
      };
    const waited = (Date.now() - finished) / run.patience;
    if ((seen && waited > 2 * SETTLE_LIMIT) || waited > SOLVE_LIMIT)
      return {
        verdict: "fail",
        reason: `no hint tells what is wrong; open: ${list(open)}${ended ? ` (${ended})` : ""}`,
      };
    await pause(POLL);
  }
}

async function solution(run: Run, id: string, text: string): Promise<Verdict> {
  const begun = Date.now();
  const ended = await script(run, id, text);
  const finished = Date.now();
  const before = await run.client.rounds(id);
  for (;;) {
    const play = await run.client.play(id);
    if (play.completed) return { verdict: "pass", reason: "every task completed" };
    const failed = play.tasks.filter((task) => task.state === 35);
    if (failed.length) return { verdict: "fail", reason: `failed: ${list(failed)}` };
    const open = regular(run, play).filter((task) => task.state < 40);
    const whole = (Date.now() - begun) / run.patience;
    const since = (Date.now() - finished) / run.patience;
    const why = `open ${Math.round((Date.now() - finished) / 1000)} s after the script: ${list(open)}${ended ? `; ${ended}` : ""}`;
    if (whole > SOLVE_LIMIT || since > 4 * SETTLE_LIMIT) return { verdict: "fail", reason: why };
    if (since > (ended ? BROKEN_LIMIT : SETTLE_LIMIT)) {
      const counted = await run.client.rounds(id);
      const looked = open
        .filter((task) => task.state === 30)
        .every((task) => (counted.get(task.name) ?? 0) >= (before.get(task.name) ?? 0) + 10);
      if (looked) return { verdict: "fail", reason: why };
    }
    await pause(POLL);
  }
}

/** Starts a fresh play, does what the variant says, and ends the play whatever happens. */
export async function runVariant(
  run: Run,
  variant: "nothing" | "wrong" | "solution",
  text: string,
): Promise<Verdict & { backend: string }> {
  mkdirSync(run.artifacts, { recursive: true });
  const play = await run.client.start(run.challenge.name, run.backend);
  const dump = async (name: string) =>
    writeFileSync(
      join(run.artifacts, name),
      await run.client.tasks(play.id).catch((error: Error) => error.message),
    );
  let count = 0;
  const dumps = setInterval(
    () => void dump(`tasks-${String(count++).padStart(4, "0")}.txt`),
    15_000,
  );
  try {
    const { backend } = await ready(run, play.id);
    const tried =
      variant === "nothing"
        ? await nothing(run, play.id)
        : await (variant === "wrong" ? wrong : solution)(run, play.id, text);
    return { ...tried, backend: backend ?? run.backend };
  } catch (error) {
    return { verdict: "fail", reason: (error as Error).message, backend: run.backend };
  } finally {
    clearInterval(dumps);
    await dump("tasks-final.txt");
    await run.client.end(play.id).catch(() => undefined);
  }
}
