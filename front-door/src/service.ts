/** One process of the arena, as the supervisor starts and watches it. */
export interface Service {
  name: string;
  command: string;
  args: string[];
  cwd: string;
  env: Record<string, string>;
  /** Where it answers once it is ready: http://…, or tcp://host:port, or unix:path. */
  health: string;
  /** What people may open, for the table; empty = internal. */
  address: string;
  /** Milliseconds between SIGTERM and SIGKILL. */
  graceMs: number;
}

/** The plan that `up` writes and the supervisor carries out. */
export interface Plan {
  services: Service[];
  logs: string;
  run: string;
}

/** What the supervisor writes to run/state.json on each change. */
export interface State {
  supervisor: number;
  services: { name: string; pid: number; restarts: number; since: number }[];
}
