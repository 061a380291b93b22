import { mayMove, TaskState } from "@agon/protocol/task-state";
import type { TaskChanged } from "@agon/protocol/machine";
import type { EventDoc } from "./models/store.ts";
import type {
  Checkpoint,
  DraftView,
  PlayState,
  PlayView,
  SolveView,
  TaskKey,
  TaskView,
} from "./models/play.ts";
import { follows } from "./models/play.ts";
import { publishedOf, type Published } from "./variables.ts";

/** What one event changed, as subscribers get it. */
export interface PlayDelta {
  task?: { name: string } & TaskView;
  /** Outputs that variables of the text name. */
  published?: Record<string, Published>;
  machine?: { name: string; state: string; message: string; ready?: boolean };
  state?: PlayState;
  reason?: string;
  readyAt?: number | null;
  endedAt?: number | null;
  solve?: SolveView;
  expiresAt?: number;
  /** More than fits into a delta: readers take the whole view. */
  whole?: boolean;
  stoppedAt?: number | null;
  stoppedMs?: number;
  idle?: { stopsAt: number | null };
  checkpoints?: Checkpoint[];
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
    stoppedAt: null,
    stoppedMs: 0,
    turns: 0,
    memory: false,
    idleStopsAt: null,
    checkpoints: [],
    forkedFrom: null,
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
      const { version, problems, fresh, n } = data as unknown as DraftView;
      const draft = {
        version: version || (view.draft?.version ?? ""),
        problems,
        fresh,
        n: n ?? 0,
        at: event.at,
      };
      return { view: { ...view, draft }, delta: { whole: true } };
    }
    case "machine": {
      const name = String(data["machine"]);
      const state = String(data["state"]);
      const ready = state === "RUNNING" && (view.machines[name]?.ready ?? false);
      const machine = { state, message: String(data["message"] ?? ""), ready };
      return {
        view: { ...view, machines: { ...view.machines, [name]: machine } },
        delta: { machine: { name, ...machine } },
      };
    }
    case "ready": {
      const name = String(data["machine"]);
      const known = view.machines[name];
      if (!known || known.ready) return unchanged;
      const machine = { ...known, ready: true };
      return {
        view: { ...view, machines: { ...view.machines, [name]: machine } },
        delta: { machine: { name, ...machine } },
      };
    }
    case "state":
      return foldState(view, data["state"] as PlayState, event.at, String(data["reason"] ?? ""));
    case "ending":
      return foldState(view, "DESTROYING", event.at, String(data["reason"] ?? ""));
    case "pausing": {
      const counted = { ...view, turns: turnsOf(view) + 1, memory: data["memory"] === true };
      return foldState(counted, "STOPPING", event.at, String(data["reason"] ?? ""));
    }
    case "resuming": {
      const counted = { ...view, turns: turnsOf(view) + 1 };
      const step = foldState(counted, "STARTING", event.at, "");
      if (step.view === counted) return step;
      const expiresAt = Number(data["expiresAt"]);
      return {
        view: { ...step.view, expiresAt, extensions: 0 },
        delta: { ...step.delta, expiresAt },
      };
    }
    case "idle": {
      const idleStopsAt = Number(data["stopsAtMs"]) || null;
      return { view: { ...view, idleStopsAt }, delta: { idle: { stopsAt: idleStopsAt } } };
    }
    case "checkpoint": {
      const dropped = new Set(data["dropped"] as string[]);
      const { id, task } = data as { id: string; task: string };
      const checkpoints = [
        ...(view.checkpoints ?? []).filter((one) => one.id !== id && !dropped.has(one.id)),
        { id, task, at: event.at },
      ];
      return { view: { ...view, checkpoints }, delta: { checkpoints } };
    }
    case "fork": {
      const { from, seq, checkpoint, task, view: other } = data as unknown as ForkData;
      const forkedFrom = { play: from, seq, checkpoint, task };
      return { view: { ...view, ...other, forkedFrom }, delta: {} };
    }
    case "forked":
      return foldForked(view, keys, event.at, data["tasks"] as ForkedTask[]);
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

interface ForkedTask {
  task: string;
  state: number;
  hint: string;
  failure: string;
  blockedBy: string[];
}

/** A view that was stored before plays could be paused has no number of turns. */
export function turnsOf(view: PlayView): number {
  return view.turns ?? 0;
}

function foldState(
  view: PlayView,
  wanted: PlayState,
  at: number,
  said: string,
): { view: PlayView; delta: PlayDelta } {
  // What the table has not, and a second end, change nothing.
  if (!follows[wanted]?.includes(view.state)) return { view, delta: {} };
  // A start that fails while the play is being taken down is not a failure of the play.
  const state = wanted === "FAILED" && view.state === "DESTROYING" ? "DESTROYED" : wanted;
  const runs = state === "RUNNING" || state === "STARTING";
  const reason = said || (runs ? "" : view.reason);
  const over = state === "DESTROYING" || isFinal(state);
  const endedAt = over ? (view.endedAt ?? at) : null;
  const next: PlayView = { ...view, state, reason, endedAt };
  if (state === "STOPPING" || state === "STOPPED") next.stoppedAt = view.stoppedAt ?? at;
  if (state === "STOPPED" || over) next.idleStopsAt = null;
  if (state === "RUNNING") {
    // A fork goes on with the time of what it is a copy of.
    next.runningAt = view.runningAt ?? at;
    const since = view.stoppedAt ?? null;
    next.stoppedMs = (view.stoppedMs ?? 0) + (since === null ? 0 : Math.max(0, at - since));
    next.stoppedAt = null;
  }
  const { runningAt: readyAt, stoppedAt = null, stoppedMs = 0 } = next;
  const delta: PlayDelta = { state, reason, readyAt, endedAt, stoppedAt, stoppedMs };
  if (next.idleStopsAt === null && view.idleStopsAt) delta.idle = { stopsAt: null };
  return { view: next, delta };
}

/** The states with which a copy begins, as its host tells them: before anything of its own. */
function foldForked(
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

/** Whether nothing follows this state. */
export function isFinal(state: PlayState): boolean {
  return state === "DESTROYED" || state === "FAILED";
}

const stoodStill = (stoppedMs: number | undefined) => (stoppedMs ? { stoppedMs } : {});

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
      ...(outputs && { published: { [key.name]: outputs } }),
    },
  };
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
