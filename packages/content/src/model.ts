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
}

export interface StartupFile {
  path: string;
  content: string;
  owner: string;
  mode: number;
  append: boolean;
}
export interface Interface {
  network: string;
  address: string;
}
export interface Machine {
  name: string;
  image: string;
  users: { name: string; default: boolean; welcome: string }[];
  defaultUser: string;
  noSSH: boolean;
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
export interface Playground {
  name: string;
  title: string;
  machines: Machine[];
  networks: Network[];
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
