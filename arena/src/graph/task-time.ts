import type { Play, PlayTask } from "~/live/types";

/** Milliseconds of a play until a task changed, on the play's clock: it stands still while the play does. */
export function changedAfter(
  play: Pick<Play, "startedAt" | "readyAt">,
  task: Pick<PlayTask, "changedAt" | "stoppedMs"> | undefined,
): number {
  if (!task?.changedAt) return 0;
  return Date.parse(task.changedAt) - Date.parse(play.readyAt ?? play.startedAt) - task.stoppedMs;
}

/** Milliseconds for which a task has its state, on the same clock. */
export function unchangedFor(
  play: Pick<Play, "stoppedAt" | "stoppedMs" | "endedAt">,
  task: Pick<PlayTask, "changedAt" | "stoppedMs">,
  now: number,
): number {
  const until = play.stoppedAt ?? play.endedAt;
  return Math.max(
    0,
    (until ? Date.parse(until) : now) -
      Date.parse(task.changedAt ?? "") -
      (play.stoppedMs - task.stoppedMs),
  );
}
