import type { TaskChanged } from "@agon/protocol/machine";
import { foldForked, type ForkData, type ForkedTask } from "./fold-fork.ts";
import { foldGraph, foldTask, type GraphData } from "./fold-tasks.ts";
import type { EventDoc } from "./models/store.ts";
import type { DraftView, PlayState, PlayView, SolveView, TaskKey } from "./models/play.ts";
import { follows } from "./models/play.ts";
import type { PlayDelta } from "./play-delta.ts";

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
      const { version, loaded, problems, fresh, n } = data as unknown as DraftView;
      const draft = {
        version: version || (view.draft?.version ?? ""),
        ...(loaded === undefined ? {} : { loaded }),
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
      const { id, task, missed } = data as { id: string; task: string; missed?: string };
      const checkpoints = [
        ...(view.checkpoints ?? []).filter(
          (one) => one.id !== id && !one.missed && !dropped.has(one.id),
        ),
        { id, task, at: event.at, ...(missed && { missed }) },
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

/** Whether nothing follows this state. */
export function isFinal(state: PlayState): boolean {
  return state === "DESTROYED" || state === "FAILED";
}
