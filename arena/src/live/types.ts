/** Shapes of api/schema.graphql that the pages read. */
export interface Me {
  id: string;
  handle: string;
  name: string;
  role: string;
  points: number;
  rank: number | null;
}
export interface TaskInfo {
  name: string;
  title: string;
  machine: string;
  kind: string;
  needs: string[];
  input: boolean;
}
/** Colours of a code block, as the server found them: runs of `12k3-7s` over its text. */
export interface CodeColours {
  key: string;
  runs: string;
}
export interface Hint {
  id: string;
  title: string;
  cost: number;
  taken: boolean;
  body: string | null;
  code: CodeColours[];
}
/** A public file of a text, with the hash of its content in its address. */
export interface Asset {
  path: string;
  url: string;
  width: number | null;
  height: number | null;
}
/** Content that a text leads to. */
export interface Reference {
  kind: string;
  name: string;
  title: string;
  description: string;
  difficulty: string;
  categories: string[];
  cover: string;
  status: string;
}
/** Asked before a play starts. */
export interface StartQuestion {
  key: string;
  default: string;
  /** Empty = any text. */
  options: string[];
  nullable: boolean;
  placeholder: string;
  validationRegex: string;
}
export interface Challenge {
  name: string;
  title: string;
  description: string;
  difficulty: string;
  categories: string[];
  tags: string[];
  points: number;
  machines: { name: string; noSSH: boolean; defaultUser: string }[];
  tabs: {
    kind: string;
    id: string;
    name: string;
    machine: string;
    url: string;
    target: string;
    pane: string;
  }[];
  body: string;
  tasks: TaskInfo[];
  hints: Hint[];
  status: string;
  solvedBy: number;
  hasSolution: boolean;
  questions: StartQuestion[];
  activePlay: { id: string } | null;
  assets: Asset[];
  references: Reference[];
  code: CodeColours[];
}
export interface PlayTask {
  name: string;
  state: number;
  hint: string | null;
  failure: string | null;
  /** Of an init task that runs: how its last round ended. */
  trouble: string | null;
  blockedBy: string[];
  changedAt: string | null;
  /** Of the play's `stoppedMs`, what was before it changed. */
  stoppedMs: number;
  rounds: number;
  /** Grows when a live change of a draft starts the task over. */
  generation: number;
}
/** Something wrong in an author's file. */
export interface ContentProblem {
  file: string;
  line: number;
  column: number;
  severity: string;
  code: string;
  message: string;
  fix: string;
  /** The line itself, where there is one. */
  excerpt: string | null;
}
/** What was pushed last of an author's draft. */
export interface Draft {
  at: string;
  loaded: boolean;
  problems: ContentProblem[];
  fresh: string[];
}
export interface PlayMachine {
  name: string;
  state: string;
  message: string | null;
  /** Its sshd accepts connections. */
  ready: boolean;
}
export interface Solve {
  points: number;
  firstSolve: boolean;
  at: string;
  seconds: number;
  hintCost: number;
}
/** Hours by which a play may be extended, one at a time, as api has it (plays.ts). */
export const EXTENSIONS = 3;

export interface Play {
  id: string;
  challenge: Challenge;
  /** Where its text is at home. */
  content: {
    kind: string;
    name: string;
    part: string;
    title: string;
    markable: boolean;
    done: boolean;
  };
  state: string;
  reason: string | null;
  version: number;
  startedAt: string;
  /** When machines and init tasks were ready; every time shown counts from here. */
  readyAt: string | null;
  endedAt: string | null;
  expiresAt: string;
  extensions: number;
  tasks: PlayTask[];
  machines: PlayMachine[];
  /** Variables that the text names, once they are known. */
  variables: { name: string; value: string }[];
  completed: boolean;
  failed: boolean;
  solve: Solve | null;
  /** Null unless it is a play of the viewer's own draft. */
  draft: Draft | null;
  /** To the questions of its playground. */
  answers: { key: string; value: string }[];
  /** Its machines can be copied while they run. */
  armed: boolean;
  /** Since when the machines do not run; null while they do. */
  stoppedAt: string | null;
  /** Milliseconds of all earlier stops: they count for no time. */
  stoppedMs: number;
  keptUntil: string | null;
  /** When it is paused unless somebody does something. */
  idleStopsAt: string | null;
  /** Oldest first. */
  checkpoints: Checkpoint[];
}
/** A moment that a play can go back to. */
export interface Checkpoint {
  id: string;
  task: string;
  title: string;
  at: string;
  /** Why there is nothing to go back to. */
  missed: string | null;
}
export interface PlayLimits {
  idleMinutes: number;
  kept: number;
  keptHours: number;
  keptNow: number;
}
export interface BoardRow {
  rank: number;
  userId: string;
  handle: string;
  points: number;
  solves: number;
  lastAt: string;
  seconds: number | null;
}
export interface Board {
  version: number;
  total: number;
  rows: BoardRow[];
  own: BoardRow | null;
}
export interface FeedItem {
  id: string;
  at: string;
  kind: string;
  handle: string;
  challenge: string;
  title: string;
  points: number;
  firstSolve: boolean;
}

export const TASK_FIELDS =
  "name state hint failure trouble blockedBy changedAt stoppedMs rounds generation";
export const CHALLENGE_ROW =
  "name title description difficulty categories tags points machines { name noSSH defaultUser } status solvedBy activePlay { id }";
export const QUESTIONS = "questions { key default options nullable placeholder validationRegex }";
export const CODE_FIELDS = "key runs";
export const ASSET_FIELDS = "path url width height";
export const REFERENCE_FIELDS = "kind name title description difficulty categories cover status";
export const CHALLENGE_FIELDS = `${CHALLENGE_ROW} assets { ${ASSET_FIELDS} } references { ${REFERENCE_FIELDS} } body code { ${CODE_FIELDS} } tabs { kind id name machine url target pane } tasks { name title machine kind needs input } hints { id title cost taken body code { ${CODE_FIELDS} } } hasSolution ${QUESTIONS}`;
export const PLAY_FIELDS = `id content { kind name part title markable done } state reason version startedAt readyAt endedAt expiresAt extensions completed failed tasks { ${TASK_FIELDS} } machines { name state message ready } variables { name value } solve { points firstSolve at seconds hintCost } armed answers { key value } stoppedAt stoppedMs keptUntil idleStopsAt checkpoints { id task title at missed } draft { at loaded fresh problems { file line column severity code message fix excerpt } } challenge { ${CHALLENGE_FIELDS} }`;
export const ROW_FIELDS = "rank userId handle points solves lastAt seconds";
