import type { Model } from "mongoose";
import type { PlayDoc } from "./models/play.ts";

/** Completed plays of a challenge that count, at most; the newest. */
const PLAYS = 200;
/** Milliseconds that a median may be old: it says how most people do, not how it stands now. */
const KEPT = 60_000;

/** Seconds from a play's running to a task's completion; null when it has not completed. */
export function taskSeconds(play: Pick<PlayDoc, "view">, task: string): number | null {
  const known = play.view.tasks[task];
  if (!known || known.state < 40) return null;
  const since = play.view.runningAt ?? play.view.startedAt;
  return Math.max(0, known.changedAt - since - (known.stoppedMs ?? 0)) / 1000;
}

/** The middle of the times in which each task was completed, in seconds; of two middles the mean. */
export function medianTimes(plays: Pick<PlayDoc, "view">[]): Map<string, number> {
  const times = new Map<string, number[]>();
  for (const play of plays)
    for (const task of Object.keys(play.view.tasks)) {
      const seconds = taskSeconds(play, task);
      if (seconds !== null) times.set(task, [...(times.get(task) ?? []), seconds]);
    }
  return new Map(
    [...times].map(([task, some]) => {
      const sorted = some.toSorted((a, b) => a - b);
      const [low, high] = [
        sorted[Math.floor((sorted.length - 1) / 2)]!,
        sorted[Math.ceil((sorted.length - 1) / 2)]!,
      ];
      return [task, (low + high) / 2];
    }),
  );
}

/** Medians of each challenge's tasks over completed plays that count; asked again after a minute. */
export class TaskMedians {
  readonly #plays: Model<PlayDoc>;
  readonly #known = new Map<string, { at: number; times: Promise<Map<string, number>> }>();

  constructor(plays: Model<PlayDoc>) {
    this.#plays = plays;
  }

  of(challenge: string): Promise<Map<string, number>> {
    const known = this.#known.get(challenge);
    if (known && Date.now() - known.at < KEPT) return known.times;
    const times = this.#plays
      .find({ challenge, ranked: true, solveRecorded: true })
      .sort({ "view.startedAt": -1 })
      .limit(PLAYS)
      .select({ view: 1 })
      .lean<PlayDoc[]>()
      .then(medianTimes);
    // A failure is not remembered.
    times.catch(() => this.#known.delete(challenge));
    this.#known.set(challenge, { at: Date.now(), times });
    return times;
  }
}
