import type { MachineSpec, NetworkSpec } from "@agon/protocol/host";

/** One machine as a driver sees it. */
/** `peers`: name:address of every machine of the play, for its hosts file. */
export interface MachineRef {
  play: string;
  spec: MachineSpec;
  index: number;
  networks: NetworkSpec[];
  socketFolder: string;
  peers?: string[];
}

/** A kind of machine. The microVM driver will stand beside the container driver. */
export interface Driver {
  readonly backend: string;
  /** Networks of a play; called before its machines are started. */
  prepare(play: string, networks: NetworkSpec[]): Promise<void>;
  /** Creates and starts a machine, or starts a stopped one again with the same disk; does nothing when it runs. */
  start(machine: MachineRef): Promise<void>;
  /** Names of a play's machines that run now. */
  running(play: string): Promise<Set<string>>;
  /** Removes everything of a play; nothing there is fine. */
  destroy(play: string): Promise<void>;
  /** Removes what belongs to this host and to no play of `known`. */
  reap(known: Set<string>): Promise<string[]>;
}
