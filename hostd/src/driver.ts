import type { EgressSpec, MachineSpec, NetworkSpec, RegistryCredential } from "@agon/protocol/host";
import type { TaskSpec } from "@agon/protocol/machine";
import type { HostName } from "./host-names.ts";
import type { PeerKeys } from "./peer-ssh.ts";
import type { RegistryCertificates } from "./play-registry/certificates.ts";

/** One machine and where it belongs: all that a driver needs to make, start and find it again. */
export interface MachinePlace {
  play: string;
  /** Position in the play; names the host's end of its cables. */
  index: number;
  machine: MachineSpec;
  networks: NetworkSpec[];
  /** Where its play's machines may connect to; undefined = nowhere outside of it. */
  egress?: EgressSpec | undefined;
  /** Names and addresses of all machines of the play, for /etc/hosts. */
  hosts: HostName[];
  /** Keys with which the machines of the play log in at each other; undefined when it has only one. */
  peers: PeerKeys | undefined;
  /** Of the play's owner, for an image of a registry. */
  credentials: readonly RegistryCredential[];
  /** Address of the play's registry on each network that has one. */
  registries: Map<string, string>;
  /** `user:password` of the registry; empty = nobody is asked. */
  registryAuth: string;
  /** What makes the machine trust the registry; undefined where there is none. */
  registry: RegistryCertificates | undefined;
  /** Folder with the socket of the machine's private channel. */
  socketDir: string;
  /** Its memory lies in a file of its own, so that it can be copied while it runs. */
  armed: boolean;
}

/** A shell that is open in a machine before the machine is a play's. */
export interface OpenShell {
  /** Its session, as the machine's holder of terminals knows it. */
  key: string;
  user: string;
  /** What it has written so far: its prompt. */
  written: Buffer;
}

/** What a machine uses. */
export interface MachineUsage {
  /** Processor time since its start. */
  cpuSeconds: number;
  memoryBytes: number;
  pids: number;
  diskBytes: number;
}

/** Tells the learner what their machine waits for, in a sentence. */
export type Tell = (message: string) => void;

/** A machine can't be started, and the driver tried as often as makes sense: nobody needs to ask again. */
export class StartImpossible extends Error {
  override readonly name = "StartImpossible";
}

/** A backend that runs machines. */
export interface Driver {
  readonly backend: string;
  /** Images that machines can be made of. */
  readonly images: string[];
  /** Kernels that machines may ask for, the default first; none where they share the host's. */
  readonly kernels: string[];
  /** What a machine asks for and this backend has not, in words; undefined when it can be made. @param tasks those that run in it. */
  lacks(machine: MachineSpec, tasks: TaskSpec[]): string | undefined;
  /** Told of all machines of a play before the first is prepared: sets aside what is ready for them. */
  reserve?(places: MachinePlace[]): void;
  /**
   * The shell that is open already in what was set aside for a machine; `fits` = it is as one that
   * began now would be. Undefined when there is none.
   */
  waitingShell?(place: MachinePlace): { shell: OpenShell; fits: boolean } | undefined;
  /** Makes the machine's disk and writes what must be on it before the first start. Leftovers of an attempt that was cut off are replaced. */
  prepare(place: MachinePlace, tell: Tell): Promise<void>;
  /** Starts the machine, or adopts it when it runs, and plugs its network. */
  start(place: MachinePlace, tell: Tell): Promise<void>;
  /** Resolves once the machine does not run any more. */
  ended(place: MachinePlace): Promise<void>;
  /** Bytes that machines wrote over their images; machines whose disk limits itself are left out. */
  written(): Promise<{ play: string; machine: string; bytes: number }[]>;
  /** Milliseconds of the cold boot of a machine's template; undefined where there are no templates. */
  coldBootMs?(place: MachinePlace): number | undefined;
  /** What a running machine uses now. */
  usage(place: MachinePlace): Promise<MachineUsage>;
  /**
   * Stops machines, all at the same moment, and keeps them; one that does not run stays as it is.
   * @param memory keeps running programs too, where the backend can.
   */
  suspend(places: MachinePlace[], memory: boolean): Promise<void>;
  /** What keeps a machine from being copied while it runs, in words; undefined when nothing does. */
  whyNotCopied(place: MachinePlace): string | undefined;
  /**
   * Copies running machines, all stopped at the same moment, into a checkpoint beside them.
   * @param stays whether it is kept; else the next clone takes it.
   * @param stopped called while none of them runs.
   */
  capture(
    places: MachinePlace[],
    checkpoint: string,
    stays: boolean,
    stopped: () => void,
  ): Promise<void>;
  /** Removes all checkpoints of machines but these. */
  keepCheckpoints(places: MachinePlace[], checkpoints: string[]): Promise<void>;
  /**
   * Makes a machine from a copy of a suspended one, or of a checkpoint, which stays. It takes an
   * identity of its own at its first start.
   * @param keep checkpoints that go along.
   */
  clone(from: MachinePlace, to: MachinePlace, checkpoint: string, keep: string[]): Promise<void>;
  /** Removes all machines of a play; what is gone already is fine. */
  destroy(play: string): Promise<void>;
  /** Removes machines that belong to this arena and host but to none of these plays. */
  reap(plays: Set<string>): Promise<void>;
}
