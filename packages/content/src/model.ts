import type { Code } from "./codes.ts";
import type { ArticleKind, PartKind } from "./kinds.ts";

/** A place in an author's file, 1-based. */
export interface Place {
  file: string;
  line: number;
  column: number;
}

/** What is wrong with content, where, and how to put it right. */
export interface Problem extends Place {
  severity: "error" | "warning";
  /** Stable, as in docs/problems.md: `AG030`. */
  code: Code;
  message: string;
  fix: string;
  /** The line itself, at most 200 characters; missing when there is none. */
  excerpt?: string;
  /** What puts it right without a doubt: lines to take out from `line` on, and lines to put there. */
  edit?: Edit;
}

/** A change of whole lines; `line` is 1-based. */
export interface Edit {
  line: number;
  remove: number;
  insert: string[];
}

export type TaskKind = "init" | "regular" | "helper";

/** One task after merging and validation; `needs` holds explicit and implicit ones. */
export interface Task {
  name: string;
  kind: TaskKind;
  machine: string;
  user: string;
  needs: string[];
  env: string[];
  run: string;
  failcheck: string;
  hintcheck: string;
  timeoutSeconds: number;
  destination: string;
  /** A template of another machine's task names this one's outputs. */
  shareOutputs: boolean;
  /** The text of its component's first line (or its name), at most 80 characters. */
  title: string;
  /** Its component is a user-input-task. */
  input: boolean;
  validateRegex: string;
  /** Play variables that its templates name; the text may hold `x(.needs.T.a)` of its needs. */
  vars: Record<string, string>;
  /** Runs on every machine, merged (spec 4.4, V8); machine is then the first one. Missing in versions stored before. */
  everywhere?: boolean;
  /** It belongs to the play only when each of these was chosen (spec 3.3.5). */
  conditions: { key: string; value: string }[];
}

/** A file written into a machine before its first start (spec 3.3.2). */
export interface StartupFile {
  path: string;
  /** Text, or base64 of what came from `__static__`; empty when it comes from `source`. */
  content: string;
  /** Address from which the host of a play fetches it; missing = none. */
  source?: string;
  encoding: "utf8" | "base64";
  /** `user`, `user:group` or numbers; empty = 0:0, and what an archive says. */
  owner: string;
  mode: number;
  append: boolean;
  /** The content is a tar, plain or gzipped, and `path` the folder it goes into. */
  extract: boolean;
  /** Of a play-wide file: the machines that get it; empty = all. */
  machines: string[];
}

/** A question asked before a play starts; `default` is the answer where nobody is asked. */
export interface InitCondition {
  key: string;
  default: string;
  options: string[];
  nullable?: boolean;
  placeholder?: string;
  validationRegex?: string;
}
export interface Interface {
  network: string;
  address: string;
}
/** A drive besides the root drive. */
export interface Drive {
  /** Absolute; empty = not mounted. */
  mount: string;
  sizeBytes: number;
  /** ext2, ext3, ext4, xfs or btrfs; empty = raw, or that of its source. */
  filesystem: string;
  readOnly: boolean;
  /** Image whose root filesystem it begins with, as of a root drive; not given = an empty drive. */
  source?: string;
}
export interface Machine {
  name: string;
  image: string;
  users: { name: string; default: boolean; welcome: string }[];
  defaultUser: string;
  noSSH: boolean;
  /** `container`, `microvm`, or a name of the origin's that means a virtual machine; empty or missing (stored before) = the host's default. */
  backend?: string;
  /** `6.1` and so on; empty or missing = the host's default. */
  kernel?: string;
  /** Besides the root drive, in the order of their device names. */
  drives?: Drive[];
  /** Position of the root drive among all drives: 0 = /dev/vda. */
  rootPosition?: number;
  cpuCount: number;
  memoryBytes: number;
  diskBytes: number;
  interfaces: Interface[];
  startupFiles: StartupFile[];
}
export interface Network {
  name: string;
  subnet: string;
  gateway: string;
  private: boolean;
}
/** Where machines may connect to outside of their play. */
export interface Egress {
  policy: "none" | "allow" | "open";
  /** With `allow`: host names for DNS and HTTP(S); `*.` before one means all names below it. */
  names: string[];
}
/** A view of a play besides its text (spec 3.3.4). */
export interface Tab {
  kind: "terminal" | "ide" | "http-port" | "web-page" | "kexp";
  id: string;
  name: string;
  /** Empty = the first machine. */
  machine: string;
  /** Of an http-port. */
  number: number;
  tls: boolean;
  hostRewrite: string;
  pathRewrite: string;
  access: "private" | "public";
  /** Of a web-page. */
  url: string;
  pane: "left" | "right";
  /** `window` = a browser tab of its own. */
  target: "pane" | "window";
}
/** A forward that a client may set up (spec 3.3.6). */
export interface PortForward {
  kind: "local" | "remote";
  machine: string;
  localHost: string;
  localPort: string;
  remotePort: string;
  remoteHost: string;
}
export interface Playground {
  name: string;
  /** Of a manifest: the playground that it is derived from. */
  base?: string;
  title: string;
  description?: string;
  categories?: string[];
  /** A path in `__static__`, or an address. */
  cover?: string;
  /** Long text of a manifest: its `markdown`, or the index.md beside it. */
  markdown?: string;
  /** Missing = those that spec 3.3.4 computes. */
  tabs?: Tab[];
  /** `user:password`; empty or missing = open to the play's machines. */
  registryAuth?: string;
  portForwards?: PortForward[];
  accessControl?: AccessControl;
  /** Public files by path, `__static__/NAME` → hash. */
  assets?: Record<string, string>;
  folder?: string;
  machines: Machine[];
  networks: Network[];
  /** Missing in versions stored before: none. */
  egress?: Egress;
  /**
   * Plays can be copied while they run, and are after each completed task, so that a learner can go
   * back to it. Costs memory and disk; on containers it means nothing.
   */
  checkpoints?: boolean;
  /** Play-wide startup files; a machine's own are written after them. */
  startupFiles: StartupFile[];
  initTasks: Task[];
  initConditions: InitCondition[];
}

/** A `::hint-box` of the body, taken out of it; the body keeps `::hint-box` with only `id`. */
export interface Hint {
  id: string;
  title: string;
  body: string;
}

/** Who may do what: lists of principals by dimension (spec 9). */
export type AccessControl = Partial<Record<Dimension, string[]>>;

export interface Challenge {
  name: string;
  title: string;
  description: string;
  difficulty: Difficulty;
  categories: string[];
  tags: string[];
  /** Markdown as written, hint-box bodies replaced by `::hint-box{id=hint-1}` + `::`. */
  body: string;
  hints: Hint[];
  /** Those of a play that was started without any answer. */
  tasks: Task[];
  /** All, also those that other answers choose; missing when nothing is asked (spec 3.3.5). */
  everyTask?: Task[];
  /** Texts of its play variables; missing in versions stored before. */
  variables?: Record<string, string>;
  playground: Playground;
  /** Markdown of solution.md or the joined solution-NN.md; empty when there is none. */
  solution: string;
  /** .solution*.sh and .wrong*.sh: file name → text. For bots only. */
  scripts: Record<string, string>;
  /** sha256 of everything above: the content's version. */
  version: string;
  folder: string;
}

export type Difficulty = "easy" | "medium" | "hard";

/** Content that a body shows as a card: what an embed map names (spec 2.4). */
export interface Embed {
  /** As written, perhaps with `_` for `-`. */
  key: string;
  kind: ArticleKind | "playground";
  name: string;
  /** Of a course: `lesson` or `module/lesson`. */
  lessons: string[];
}

/** What an article and a part of one have in common. */
export interface Article {
  /** Its name in addresses. */
  name: string;
  title: string;
  description: string;
  categories: string[];
  tags: string[];
  createdAt: string;
  updatedAt: string;
  /** Path of a public file relative to the folder of the file that names it; empty = none. */
  cover: string;
  body: string;
  embeds: Embed[];
  tasks: Task[];
  /** As {@link Challenge.everyTask}. */
  everyTask?: Task[];
  /** Null = it has none, or none that this arena can run. */
  playground: Playground | null;
  /** Names of its play variables. */
  vars: string[];
  /** Their texts, which may hold `x(.needs.T.a)` of tasks. */
  variables: Record<string, string>;
  /** Public files by path from the folder of its file, `__static__/NAME` → hash. */
  assets: Record<string, string>;
  /** Front matter as written, unknown keys included. */
  meta: Record<string, unknown>;
  /** In order: modules → lessons → units; units of a skill path; the program of a training. */
  parts: Part[];
}

/** A module, lesson or unit, or the program of a training. */
export interface Part extends Article {
  kind: PartKind;
  /** Names from the item down: `module/lesson`; of a unit its lesson's and its own. */
  path: string;
  /** Relative to the item's folder. */
  file: string;
}

/** Content of any kind. */
export interface ContentItem extends Article {
  kind: ArticleKind;
  /** A challenge has one, a skill path several, others none. */
  difficulties: Difficulty[];
  /** The first of them, else medium. */
  difficulty: Difficulty;
  /** Only of a challenge: elsewhere hint boxes stay in the body. */
  hints: Hint[];
  /** Of a course: it has modules. */
  modular: boolean;
  solution: string;
  /** Titles and texts of solution.md or solution-NN.md. */
  solutions: { file: string; title: string; body: string }[];
  scripts: Record<string, string>;
  /** Why no play of it can be started here; empty = one can, or it has none. */
  unavailable: string;
  version: string;
  folder: string;
}

/** The key of an item in a catalogue. */
export type ItemKey = `${ArticleKind}/${string}`;

/** Everything that loaded, and everything that did not. */
export interface Catalogue {
  /** Challenges that can be played here. */
  challenges: Map<string, Challenge>;
  playgrounds: Map<string, Playground>;
  /** Content of all kinds, challenges too, by `kind/name`. */
  items: Map<ItemKey, ContentItem>;
  /** Public files: by hash, and by the flat global name (spec 1.4). */
  assets: Map<string, Asset>;
  problems: Problem[];
}

/** A public file. */
export interface Asset {
  hash: string;
  /** Its last part, as in the flat namespace. */
  name: string;
  /** Where its bytes are: an absolute path. */
  file: string;
  size: number;
}

/** What a list of principals controls (spec 9). */
export const DIMENSIONS = [
  "canList",
  "canPreview",
  "canRead",
  "canStart",
  "canReadSolution",
  "canEnroll",
  "canReadProgram",
  "canPreviewProgram",
] as const;
export type Dimension = (typeof DIMENSIONS)[number];
/** The lists of a manifest. */
export const OF_PLAYGROUNDS = ["canList", "canRead", "canStart"] as const satisfies Dimension[];
