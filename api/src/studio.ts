import { medianTimes } from "./task-medians.ts";
import type { PlayDoc } from "./models/play.ts";
import type { BotRunDoc, Store } from "./models/store.ts";

/** Plays of one challenge that are counted, at most; the newest. */
const PLAYS = 500;
/** Milliseconds that figures may be old. */
const KEPT = 20_000;
/** Plays and bot runs that one look reads at most. */
const ALL = 5_000;
const RUNS = 2_000;

/** How learners do with one challenge. */
export interface StudioFigures {
  attempts: number;
  /** People who tried, and those of them who solved it. */
  people: number;
  solvers: number;
  medianSeconds: number | null;
  tasks: Record<string, TaskFigures>;
  versions: { version: string; plays: number; firstAt: number; lastAt: number }[];
}

/** How plays of a challenge do with one task. */
export interface TaskFigures {
  completed: number;
  failed: number;
  /** Plays that ended unsolved while this task was open and nothing else was in its way. */
  stoppedHere: number;
  medianSeconds: number | null;
}

/** The last bot runs of one challenge: those of its newest batch. */
export interface BotState {
  batch: string;
  at: number;
  passed: number;
  runs: number;
  nightly: boolean;
}

type Counted = Pick<PlayDoc, "_id" | "owner" | "challenge" | "version" | "open" | "view">;

/** Sums up plays of one challenge. Pure: the same plays give the same figures. */
export function figuresOf(plays: Counted[]): StudioFigures {
  const owners = new Set(plays.map(({ owner }) => owner));
  const solved = plays.filter(({ view }) => view.completedAt !== null);
  const seconds = solved
    .map(({ view }) => (view.completedAt! - (view.runningAt ?? view.startedAt)) / 1000)
    .filter((one) => one >= 0)
    .toSorted((a, b) => a - b);
  const medians = medianTimes(solved);
  const tasks: Record<string, TaskFigures> = {};
  const of = (name: string) =>
    (tasks[name] ??= {
      completed: 0,
      failed: 0,
      stoppedHere: 0,
      medianSeconds: medians.get(name) ?? null,
    });
  for (const { open, view } of plays)
    for (const [name, { state }] of Object.entries(view.tasks)) {
      if (state === 40) of(name).completed++;
      if (state === 35) of(name).failed++;
      if (!open && view.completedAt === null && (state === 30 || state === 35))
        of(name).stoppedHere++;
    }
  const versions = new Map<string, { plays: number; firstAt: number; lastAt: number }>();
  for (const { version, view } of plays) {
    const known = versions.get(version);
    versions.set(version, {
      plays: (known?.plays ?? 0) + 1,
      firstAt: Math.min(known?.firstAt ?? view.startedAt, view.startedAt),
      lastAt: Math.max(known?.lastAt ?? view.startedAt, view.startedAt),
    });
  }
  return {
    attempts: plays.length,
    people: owners.size,
    solvers: new Set(solved.map(({ owner }) => owner)).size,
    medianSeconds: seconds.length ? seconds[Math.floor((seconds.length - 1) / 2)]! : null,
    tasks,
    versions: [...versions]
      .map(([version, rest]) => ({ version, ...rest }))
      .toSorted((a, b) => b.lastAt - a.lastAt),
  };
}

/** What authors see of how their content is used. Figures are kept for a moment: they are read as a whole. */
export class Studio {
  readonly #store: Store;
  #known: { at: number; figures: Promise<Map<string, StudioFigures>> } | undefined;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Figures by challenge, over plays that count. */
  figures(): Promise<Map<string, StudioFigures>> {
    if (this.#known && Date.now() - this.#known.at < KEPT) return this.#known.figures;
    const figures = this.#read();
    figures.catch(() => (this.#known = undefined));
    this.#known = { at: Date.now(), figures };
    return figures;
  }

  async #read(): Promise<Map<string, StudioFigures>> {
    const plays = await this.#store.plays
      .find({ ranked: true })
      .sort({ "view.startedAt": -1 })
      .limit(ALL)
      .select({ owner: 1, challenge: 1, version: 1, open: 1, view: 1 })
      .lean<Counted[]>();
    const by = Map.groupBy(plays, ({ challenge }) => challenge);
    return new Map([...by].map(([name, some]) => [name, figuresOf(some.slice(0, PLAYS))]));
  }

  /** The newest bot batch of each challenge. */
  async bots(): Promise<Map<string, BotState>> {
    const runs = await this.#store.botRuns
      .find()
      .sort({ at: -1 })
      .limit(RUNS)
      .select({ batch: 1, challenge: 1, verdict: 1, at: 1, nightly: 1 })
      .lean<BotRunDoc[]>();
    const states = new Map<string, BotState>();
    for (const { challenge, batch, verdict, at, nightly } of runs) {
      const known = states.get(challenge) ?? { batch, at, nightly, passed: 0, runs: 0 };
      if (known.batch !== batch) continue;
      known.runs++;
      if (verdict === "pass") known.passed++;
      states.set(challenge, known);
    }
    return states;
  }
}
