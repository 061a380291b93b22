import { mayMove, TaskState } from "@agon/protocol/task-state";
import type { TaskChanged } from "@agon/protocol/machine";
import type { EventDoc } from "./models/store.ts";
import type {
  DraftView,
  PlayState,
  PlayView,
  SolveView,
  TaskKey,
  TaskView,
} from "./models/play.ts";
import { playStates } from "./models/play.ts";

/** What one event changed, as subscribers get it. */
export interface PlayDelta {
  task?: { name: string } & TaskView;
  machine?: { name: string; state: string; message: string };
  state?: PlayState;
  reason?: string;
  readyAt?: number | null;
  endedAt?: number | null;
  solve?: SolveView;
  expiresAt?: number;
  /** More than fits into a delta: readers take the whole view. */
  whole?: boolean;
}

/** The view of a play without any event. */
export function emptyView(startedAt: number, expiresAt: number): PlayView {
  return {
    state: "CREATED",
    reason: "",
    startedAt,
    runningAt: null,
    endedAt: null,
    expiresAt,
    extensions: 0,
    tasks: {},
    machines: {},
    completedAt: null,
    failedAt: null,
    solve: null,
  };
}

/** One step of the fold: pure, the same events always give the same view. */
export function fold(
  view: PlayView,
  keys: TaskKey[],
  event: Pick<EventDoc, "type" | "at" | "data">,
): { view: PlayView; delta: PlayDelta } {
  const unchanged = { view, delta: {} };
  const data = event.data;
  switch (event.type) {
    case "task":
      return foldTask(
        view,
        view.graph?.keys ?? keys,
        event.at,
        String(data["machine"]),
        data["changed"] as TaskChanged,
      );
    case "graph":
      return foldGraph(view, keys, event.at, data as unknown as GraphData);
    case "draft": {
      const { version, problems, fresh } = data as unknown as DraftView;
      const draft = {
        version: version || (view.draft?.version ?? ""),
        problems,
        fresh,
        at: event.at,
      };
      return { view: { ...view, draft }, delta: { whole: true } };
    }
    case "machine": {
      const name = String(data["machine"]);
      const machine = { state: String(data["state"]), message: String(data["message"] ?? "") };
      return {
        view: { ...view, machines: { ...view.machines, [name]: machine } },
        delta: { machine: { name, ...machine } },
      };
    }
    case "state":
    case "ending": {
      const state = (event.type === "ending" ? "DESTROYING" : data["state"]) as PlayState;
      const order = playStates.indexOf(state);
      // Never backwards, and a final state stays.
      if (order <= playStates.indexOf(view.state) || isFinal(view.state)) return unchanged;
      // A start that fails while the play is being taken down is not a failure of the play.
      const next = state === "FAILED" && view.state === "DESTROYING" ? "DESTROYED" : state;
      const reason = String(data["reason"] || view.reason);
      const runningAt = next === "RUNNING" ? event.at : view.runningAt;
      const endedAt = order >= playStates.indexOf("DESTROYING") ? (view.endedAt ?? event.at) : null;
      return {
        view: { ...view, state: next, reason, runningAt, endedAt },
        delta: { state: next, reason, readyAt: runningAt, endedAt },
      };
    }
    case "extended": {
      const expiresAt = Number(data["expiresAt"]);
      return {
        view: { ...view, expiresAt, extensions: view.extensions + 1 },
        delta: { expiresAt },
      };
    }
    case "solved": {
      const solve = data["solve"] as SolveView;
      return { view: { ...view, solve }, delta: { solve } };
    }
    default:
      return unchanged;
  }
}

/** Whether nothing follows this state. */
export function isFinal(state: PlayState): boolean {
  return state === "DESTROYED" || state === "FAILED";
}

function foldTask(
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
    blockedBy: changed.blockedBy,
    changedAt: moved ? at : (old?.changedAt ?? at),
    rounds: changed.rounds,
    ...(key.generation ? { generation: key.generation } : {}),
  };
  const tasks = { ...view.tasks, [key.name]: task };
  const next: PlayView = { ...view, tasks };
  if (moved && task.state === TaskState.failed && key.kind !== "helper")
    next.failedAt = view.failedAt ?? at;
  const counted = keys.filter((known) => known.kind !== "helper");
  if (
    moved &&
    view.completedAt === null &&
    next.failedAt === null &&
    counted.some((known) => known.kind === "regular") &&
    counted.every((known) => tasks[known.name]?.state === TaskState.completed)
  )
    next.completedAt = at;
  return { view: next, delta: { task: { name: key.name, ...task } } };
}

interface GraphData {
  revision: number;
  version: string;
  tasks: TaskKey[];
}

/** Another graph: what starts over or vanished leaves the view, and with it what followed from it. */
function foldGraph(
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
      failedAt: failed ? (view.failedAt ?? at) : null,
      completedAt: completed ? (view.completedAt ?? at) : null,
    },
    delta: { whole: true },
  };
}
