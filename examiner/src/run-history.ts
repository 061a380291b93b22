import type { Round, ScriptRun } from "./round.ts";

/** Rounds kept of each task. */
const KEPT = 5;
/** Characters kept of a script and of each stream in an older round; the newest keeps all. */
const TEXT = 8_192;
/** Characters of all rounds of all tasks together: the oldest go first. */
const TOTAL = 8_000_000;

/** A round with its place in the life of its task. */
export interface KeptRound extends Round {
  /** Counts the rounds of the task's generation; a dry run has the number of the one before it. */
  n: number;
  generation: number;
  /** Asked for by the author: it changed nothing. */
  dry: boolean;
}

/** The last rounds of each task, for authors. Bounded for each task and together. */
export class RunHistory {
  /** Newest last; Map order = order of the last round. */
  readonly #rounds = new Map<string, KeptRound[]>();
  #size = 0;

  add(task: string, round: KeptRound): void {
    const rounds = this.#rounds.get(task) ?? [];
    this.#rounds.delete(task);
    this.#rounds.set(task, rounds);
    const before = rounds.at(-1);
    if (before) {
      this.#size += sizeOf(shorten(before)) - sizeOf(before);
      rounds[rounds.length - 1] = shorten(before);
    }
    rounds.push(round);
    this.#size += sizeOf(round);
    if (rounds.length > KEPT) this.#size -= sizeOf(rounds.shift()!);
    for (const [name, others] of this.#rounds) {
      if (this.#size <= TOTAL || name === task) break;
      for (const other of others) this.#size -= sizeOf(other);
      this.#rounds.delete(name);
    }
  }

  /** Newest first. */
  of(task: string): KeptRound[] {
    return (this.#rounds.get(task) ?? []).toReversed();
  }

  /** The newest run of each script that was not dry, and when the newest round was. */
  last(task: string): Partial<Round> {
    const rounds = this.of(task).filter(({ dry }) => !dry);
    const newest = (name: "failcheck" | "run" | "hintcheck") =>
      rounds.find((one) => one[name])?.[name];
    const [failcheck, run, hintcheck] = [newest("failcheck"), newest("run"), newest("hintcheck")];
    return {
      ...(rounds[0] && { at: rounds[0].at, durationMs: rounds[0].durationMs }),
      ...(failcheck && { failcheck }),
      ...(run && { run }),
      ...(hintcheck && { hintcheck }),
    };
  }

  forget(task: string): void {
    for (const round of this.#rounds.get(task) ?? []) this.#size -= sizeOf(round);
    this.#rounds.delete(task);
  }
}

const scriptsOf = ({ failcheck, run, hintcheck }: Round) =>
  [failcheck, run, hintcheck].filter((one) => one !== undefined);

function sizeOf(round: Round): number {
  const env = Object.entries(round.env).reduce(
    (sum, [name, value]) => sum + name.length + value.length,
    0,
  );
  return scriptsOf(round).reduce(
    (sum, { script, stdout, stderr }) => sum + script.length + stdout.length + stderr.length,
    200 + env,
  );
}

function shorten(round: KeptRound): KeptRound {
  const cut = (run: ScriptRun | undefined) =>
    run && {
      ...run,
      script: run.script.slice(0, TEXT),
      stdout: run.stdout.slice(-TEXT),
      stderr: run.stderr.slice(-TEXT),
    };
  const { failcheck, run, hintcheck, ...rest } = round;
  return {
    ...rest,
    ...(failcheck && { failcheck: cut(failcheck)! }),
    ...(run && { run: cut(run)! }),
    ...(hintcheck && { hintcheck: cut(hintcheck)! }),
  };
}
