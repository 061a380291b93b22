import type { Published } from "../variables.ts";

export type PlayState =
  | "CREATED"
  | "WARMING_UP"
  | "RUNNING"
  | "STOPPING"
  | "STOPPED"
  | "STARTING"
  | "DESTROYING"
  | "DESTROYED"
  | "FAILED";

/** Each state with those that it may follow; nothing follows the last two. */
export const follows: Record<PlayState, readonly PlayState[]> = {
  CREATED: [],
  WARMING_UP: ["CREATED"],
  RUNNING: ["CREATED", "WARMING_UP", "STARTING"],
  STOPPING: ["RUNNING", "STARTING"],
  STOPPED: ["RUNNING", "STOPPING", "STARTING"],
  STARTING: ["STOPPED"],
  DESTROYING: ["CREATED", "WARMING_UP", "RUNNING", "STOPPING", "STOPPED", "STARTING"],
  DESTROYED: ["CREATED", "WARMING_UP", "RUNNING", "STOPPING", "STOPPED", "STARTING", "DESTROYING"],
  FAILED: ["CREATED", "WARMING_UP", "RUNNING", "STOPPING", "STOPPED", "STARTING", "DESTROYING"],
};

export interface TaskView {
  state: number;
  hint: string;
  failure: string;
  /** Of an init task that runs: how its last round ended, without its output. */
  trouble?: string;
  blockedBy: string[];
  changedAt: number;
  /** Of the play's `stoppedMs`, what was before it changed; missing = 0. */
  stoppedMs?: number;
  rounds: number;
  /** Missing = 0: it never started over. */
  generation?: number;
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

/** What is wrong in a file of a draft, as its author's page shows it. */
export interface DraftProblem {
  file: string;
  line: number;
  column: number;
  severity: string;
  code: string;
  message: string;
  fix: string;
  /** The line itself, when there is one. */
  excerpt?: string;
}

/** The live part of an author's draft: what was pushed last. */
export interface DraftView {
  /** The newest version that loaded. */
  version: string;
  /** The last push is that version, perhaps without what of it cannot be read. Missing in older logs. */
  loaded?: boolean;
  problems: DraftProblem[];
  /** What of it takes effect only in fresh machines, in words. */
  fresh: string[];
  /** Counts what was saved: a host takes no older graph after a newer one. */
  n: number;
  at: number;
}

/** A live change of the graph: from then on these are the play's tasks. */
export interface GraphView {
  revision: number;
  version: string;
  keys: TaskKey[];
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
  /** Outputs that the text's variables name; missing before there were any. */
  published?: Record<string, Published>;
  /** ready: its sshd accepts connections. */
  machines: Record<string, { state: string; message: string; ready?: boolean }>;
  completedAt: number | null;
  failedAt: number | null;
  solve: SolveView | null;
  /** Only of drafts. */
  draft?: DraftView;
  /** Only after a live change. */
  graph?: GraphView;
  /** Since when its machines do not run; null while they do. */
  stoppedAt: number | null;
  /** Milliseconds of all earlier stops since it was ready: they count for no time. */
  stoppedMs: number;
  /** Pauses and goings-on so far: numbers the next one, so that two who ask at once are one. */
  turns: number;
  /** The last pause was to keep running programs, too. */
  memory: boolean;
  /** When it is paused unless somebody comes; null = somebody is there. */
  idleStopsAt: number | null;
  /** Copies of its machines that it can go back to, oldest first; of those that could not be made only the last. */
  checkpoints: Checkpoint[];
  /** What it is a copy of. */
  forkedFrom: { play: string; seq: number; checkpoint: string; task: string } | null;
  /** Tasks of that other play, until the host has told which of them the copy has. */
  carried?: Record<string, TaskView>;
}

/** A copy of the machines, made when a task was completed. */
export interface Checkpoint {
  id: string;
  task: string;
  at: number;
  /** Why there is none: nothing to go back to, but its learner is told. */
  missed?: string;
}

/** What the fold needs to know of a task: the rest stays in the content. */
export interface TaskKey {
  name: string;
  kind: string;
  machine: string;
  generation?: number;
}

/** The tasks that a play has now. */
export function keysOf(play: Pick<PlayDoc, "taskKeys" | "view">): TaskKey[] {
  return play.view.graph?.keys ?? play.taskKeys;
}

/** The version of its content that a play shows now: of a draft the newest one, else the one it started with. */
export function versionOf(play: Pick<PlayDoc, "version" | "view">): string {
  return play.view.draft?.version || play.version;
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
  /** An author's own draft: never ranked, never listed for others, its graph may change live. */
  draft?: boolean;
  /** Asked for by who started it; empty or missing = the host's default. */
  backend?: string;
  /** What the host takes for machines that name none; empty or missing = not placed yet. */
  hostBackend?: string;
  /** Its machines can be copied while they run. */
  armed?: boolean;
  /** Of a fork: the other play, and what of it (empty = as it is now). */
  fork?: { from: string; checkpoint: string };
  /** The play that ends once this one is there. */
  replaces?: string;
  /** What its owner calls it; empty or missing = as its content. */
  title?: string;
  /** To the questions of its playground; missing = the defaults. Its version holds the tasks that they chose. */
  answers?: Record<string, string>;
  /** When it was asked for; a fork's own time began with the other play. */
  createdAt?: number;
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
