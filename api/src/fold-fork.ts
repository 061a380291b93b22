import type { PlayView, TaskKey } from "./models/play.ts";
import type { PlayDelta } from "./play-delta.ts";
import { stoodStill } from "./fold-tasks.ts";

/** The first event of a fork's log: what it is a copy of, and what it takes over of that play's view. */
export interface ForkData {
  from: string;
  /** Position in the other play's log up to which its view was known. */
  seq: number;
  checkpoint: string;
  task: string;
  view: Pick<
    PlayView,
    "startedAt" | "runningAt" | "stoppedAt" | "stoppedMs" | "completedAt" | "solve" | "carried"
  >;
}

/** A task of a copy as its host found it. */
export interface ForkedTask {
  task: string;
  state: number;
  hint: string;
  failure: string;
  blockedBy: string[];
}

/** The states with which a copy begins, as its host tells them: before anything of its own. */
export function foldForked(
  view: PlayView,
  keys: TaskKey[],
  at: number,
  told: ForkedTask[],
): { view: PlayView; delta: PlayDelta } {
  const { carried = {}, ...rest } = view;
  const tasks = { ...view.tasks };
  for (const { task, state, hint, failure, blockedBy } of told) {
    const key = keys.find(({ name }) => name === task);
    if (!key || (tasks[task]?.state ?? 0) >= state) continue;
    const before = carried[task];
    const same = before?.state === state ? before : undefined;
    tasks[task] = {
      state,
      hint,
      failure,
      blockedBy: blockedBy ?? [],
      changedAt: same?.changedAt ?? at,
      ...stoodStill(same ? same.stoppedMs : view.stoppedMs),
      rounds: same?.rounds ?? 0,
      ...(key.generation ? { generation: key.generation } : {}),
    };
  }
  return { view: { ...rest, tasks }, delta: {} };
}
