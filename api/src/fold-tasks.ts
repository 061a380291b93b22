import { mayMove, TaskState } from "@agon/protocol/task-state";
import type { TaskChanged } from "@agon/protocol/machine";
import type { PlayView, TaskKey, TaskView } from "./models/play.ts";
import type { PlayDelta } from "./play-delta.ts";
import { publishedOf } from "./variables.ts";

/** Characters of a reason at most. */
const REASON = 1_000;

/** Of a play that stood still, for how long before a task changed. */
export const stoodStill = (stoppedMs: number | undefined) => (stoppedMs ? { stoppedMs } : {});

/** What a machine told of one of its tasks. */
export function foldTask(
  view: PlayView,
  keys: TaskKey[],
  at: number,
  machine: string,
  changed: TaskChanged,
): { view: PlayView; delta: PlayDelta } {
  const key = keys.find((known) => known.name === changed.task);
  // What a task did before it started over does not matter any more.
  if ((changed.generation ?? 0) !== (key?.generation ?? 0)) return { view, delta: {} };
  const old = view.tasks[changed.task];
  const from = old?.state ?? TaskState.none;
  const moved = mayMove(from, changed.state);
  // A task of another machine, an unknown one, or a step backwards is evidence, not a fact.
  if (!key || key.machine !== machine || (!moved && changed.state !== from))
    return { view, delta: {} };
  const task: TaskView = {
    state: changed.state,
    hint: changed.hint,
    failure: changed.failure,
    ...(changed.trouble ? { trouble: changed.trouble } : {}),
    blockedBy: changed.blockedBy,
    changedAt: moved ? at : (old?.changedAt ?? at),
    ...stoodStill(moved || !old ? view.stoppedMs : old.stoppedMs),
    rounds: changed.rounds,
    ...(key.generation ? { generation: key.generation } : {}),
  };
  const tasks = { ...view.tasks, [key.name]: task };
  const next: PlayView = { ...view, tasks };
  const outputs = moved && task.state === TaskState.completed ? publishedOf(changed) : undefined;
  if (outputs) next.published = { ...view.published, [key.name]: outputs };
  if (moved && task.state === TaskState.failed && key.kind !== "helper")
    next.failedAt = view.failedAt ?? at;
  const reason =
    moved && task.state === TaskState.failed && key.kind === "init"
      ? whyFailed(key.name, task.failure)
      : undefined;
  if (reason) next.reason = reason;
  const counted = keys.filter((known) => known.kind !== "helper");
  if (
    moved &&
    view.completedAt === null &&
    next.failedAt === null &&
    counted.some((known) => known.kind === "regular") &&
    counted.every((known) => tasks[known.name]?.state === TaskState.completed)
  )
    next.completedAt = at;
  return {
    view: next,
    delta: {
      task: { name: key.name, ...task },
      ...(reason && { reason }),
      ...(outputs && { published: { [key.name]: outputs } }),
    },
  };
}

/** Why a play never gets ready: which init task failed, and what its failcheck said. */
export function whyFailed(init: string, failure: string): string {
  const said = failure.trim();
  return `init task ${init} failed${said ? `: ${said}` : ""}`.slice(0, REASON);
}

/** What a host told of a live change. */
export interface GraphData {
  revision: number;
  version: string;
  tasks: TaskKey[];
}

/** Another graph: what starts over or vanished leaves the view, and with it what followed from it. */
export function foldGraph(
  view: PlayView,
  keys: TaskKey[],
  at: number,
  { revision, version, tasks: next }: GraphData,
): { view: PlayView; delta: PlayDelta } {
  // The same change told again by a host that was killed in between.
  if (revision <= (view.graph?.revision ?? 0)) return { view, delta: {} };
  const before = new Map((view.graph?.keys ?? keys).map((key) => [key.name, key]));
  const tasks: PlayView["tasks"] = {};
  for (const { name, generation = 0 } of next) {
    const known = view.tasks[name];
    if (known && (before.get(name)?.generation ?? 0) === generation) tasks[name] = known;
  }
  const counted = next.filter(({ kind }) => kind !== "helper");
  const states = counted.map(({ name }) => tasks[name]?.state ?? TaskState.none);
  const failed = states.includes(TaskState.failed);
  const completed =
    !failed &&
    counted.some(({ kind }) => kind === "regular") &&
    states.every((state) => state === TaskState.completed);
  return {
    view: {
      ...view,
      tasks,
      graph: { revision, version, keys: next },
      // An init task that was put right is no reason any more.
      reason: view.failedAt !== null && !failed ? "" : view.reason,
      failedAt: failed ? (view.failedAt ?? at) : null,
      completedAt: completed ? (view.completedAt ?? at) : null,
    },
    delta: { whole: true },
  };
}
