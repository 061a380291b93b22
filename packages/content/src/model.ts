/** A place in an author's file, 1-based. */
export interface Place {
  file: string;
  line: number;
  column: number;
}

/** What is wrong with content, where, and how to put it right. */
export interface Problem extends Place {
  severity: "error" | "warning";
  message: string;
  fix: string;
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
  /** Text, or base64 of what came from `__static__`. */
  content: string;
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

/** A question asked before a play starts; nobody is asked yet, so `default` is the answer. */
export interface InitCondition {
  key: string;
  default: string;
  options: string[];
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
  /** ext2, ext3, ext4, xfs or btrfs; empty = raw. */
  filesystem: string;
  readOnly: boolean;
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
export interface Playground {
  name: string;
  title: string;
  machines: Machine[];
  networks: Network[];
  /** Missing in versions stored before: none. */
  egress?: Egress;
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

export interface Challenge {
  name: string;
  title: string;
  description: string;
  difficulty: "easy" | "medium" | "hard";
  categories: string[];
  tags: string[];
  /** Markdown as written, hint-box bodies replaced by `::hint-box{id=hint-1}` + `::`. */
  body: string;
  hints: Hint[];
  tasks: Task[];
  playground: Playground;
  /** Markdown of solution.md or the joined solution-NN.md; empty when there is none. */
  solution: string;
  /** .solution*.sh and .wrong*.sh: file name → text. For bots only. */
  scripts: Record<string, string>;
  /** sha256 of everything above: the content's version. */
  version: string;
  folder: string;
}

/** Everything that loaded, and everything that did not. */
export interface Catalogue {
  challenges: Map<string, Challenge>;
  playgrounds: Map<string, Playground>;
  problems: Problem[];
}
