import type { MachineSpec, NetworkSpec } from "@agon/protocol/host";
import type { HostName } from "./host-names.ts";

/** One machine and where it belongs: all that a driver needs to make, start and find it again. */
export interface MachinePlace {
  play: string;
  /** Position in the play; names the host's end of its cables. */
  index: number;
  machine: MachineSpec;
  networks: NetworkSpec[];
  /** Names and addresses of all machines of the play, for /etc/hosts. */
  hosts: HostName[];
  /** Folder with the socket of the machine's private channel. */
  socketDir: string;
}

/** What a machine uses. */
export interface MachineUsage {
  /** Processor time since its start. */
  cpuSeconds: number;
  memoryBytes: number;
  pids: number;
  diskBytes: number;
}

/** A backend that runs machines. */
export interface Driver {
  readonly backend: string;
  /** Images that machines can be made of. */
  readonly images: string[];
  /** What a machine asks for and this backend has not, in words; undefined when it can be made. */
  lacks(machine: MachineSpec): string | undefined;
  /** Makes the machine's disk and writes what must be on it before the first start. Leftovers of an attempt that was cut off are replaced. */
  prepare(place: MachinePlace): Promise<void>;
  /** Starts the machine, or adopts it when it runs, and plugs its network. */
  start(place: MachinePlace): Promise<void>;
  /** Resolves once the machine does not run any more. */
  ended(place: MachinePlace): Promise<void>;
  /** Bytes that machines wrote over their images; machines whose disk limits itself are left out. */
  written(): Promise<{ play: string; machine: string; bytes: number }[]>;
  /** What a running machine uses now. */
  usage(place: MachinePlace): Promise<MachineUsage>;
  /** Removes all machines of a play; what is gone already is fine. */
  destroy(play: string): Promise<void>;
  /** Removes machines that belong to this arena and host but to none of these plays. */
  reap(plays: Set<string>): Promise<void>;
}
