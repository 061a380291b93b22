/** States of a play in the order in which they may follow each other. */
export const playStates = [
  "CREATED",
  "WARMING_UP",
  "RUNNING",
  "DESTROYING",
  "DESTROYED",
  "FAILED",
] as const;
export type PlayState = (typeof playStates)[number];

export interface TaskView {
  state: number;
  hint: string;
  failure: string;
  blockedBy: string[];
  changedAt: number;
  rounds: number;
}

/** What a play's owner sees of its solve. */
export interface SolveView {
  challenge: string;
  points: number;
  firstSolve: boolean;
  at: number;
  seconds: number;
  hintCost: number;
}

/** The fold of a play's log. Instants in Unix ms. */
export interface PlayView {
  state: PlayState;
  reason: string;
  startedAt: number;
  runningAt: number | null;
  endedAt: number | null;
  expiresAt: number;
  extensions: number;
  tasks: Record<string, TaskView>;
  machines: Record<string, { state: string; message: string }>;
  completedAt: number | null;
  failedAt: number | null;
  solve: SolveView | null;
}

/** What the fold needs to know of a task: the rest stays in the content. */
export interface TaskKey {
  name: string;
  kind: string;
  machine: string;
}

export interface PlayDoc {
  _id: string;
  owner: string;
  handle: string;
  /** Counts on boards, in the feed and for the first solve. */
  ranked: boolean;
  /** Somebody who may see the author's view owns it. */
  authorView: boolean;
  /** A bot's play is attended without a terminal. */
  keepAttended: boolean;
  /** Asked for by who started it; empty or missing = the host's default. */
  backend?: string;
  /** What the host takes for machines that name none; empty or missing = not placed yet. */
  hostBackend?: string;
  challenge: string;
  version: string;
  difficulty: string;
  host: string;
  /** The host has accepted it. */
  placed: boolean;
  taskKeys: TaskKey[];
  /** Its final state has not been dealt with (machines gone, seats free). */
  open: boolean;
  solveRecorded: boolean;
  foldedTo: number;
  view: PlayView;
}
