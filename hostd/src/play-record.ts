import { join } from "node:path";
import type { StartPlayRequest } from "@agon/protocol/host";
import type { KnownTask } from "@agon/protocol/machine";
import type { BootTimes } from "./boot-times.ts";
import type { Checkpoint } from "./checkpoints.ts";
import type { MachinePlace } from "./driver.ts";
import { hostNames } from "./host-names.ts";
import { shortHash } from "./names.ts";
import type { OpenPort } from "./ports/port-book.ts";
import type { RegistryCertificates } from "./play-registry/certificates.ts";
import { registryAddresses, registryName } from "./play-registry/names.ts";

/** What is known of one machine. */
export interface MachineRecord extends BootTimes {
  prepared: boolean;
  state: string;
  /** Its sshd accepts connections, and that was told. */
  ready?: boolean;
}

/** What must outlive a restart of hostd, besides the spec. */
export interface PlayRecord {
  state: string;
  startedAt: number;
  ending: boolean;
  /** Its machines were removed for good, though the play is still told of. */
  dead?: boolean;
  machines: Record<string, MachineRecord>;
  tasks: Record<string, KnownTask>;
  /** The newest change of its graph that is in the journal. */
  graphTold?: number;
  /** The journal's last event of this play. */
  last?: { epoch: string; n: number };
  /** Of a stop that is under way. */
  rest?: { memory: boolean; reason: string };
  /** Started again after a stop, unix ms. */
  restartedAt?: number;
  /** What it is a copy of, until that is told. */
  forked?: { from: string; checkpoint: string; epoch: string; n: number };
  checkpoints?: Checkpoint[];
  /** Ports of its machines that browsers may open. */
  ports?: OpenPort[];
  /** It was told that it should stop, since nobody does anything. */
  idle?: boolean;
}

/** Where the machines of a play belong. */
export function placesOf(
  spec: StartPlayRequest,
  { socketFolder, registry }: { socketFolder: string; registry: RegistryCertificates | undefined },
): MachinePlace[] {
  const registries = registry
    ? registryAddresses(spec.networks, spec.machines)
    : new Map<string, string>();
  return spec.machines.map((machine, index) => ({
    play: spec.play,
    index,
    machine,
    networks: spec.networks,
    egress: spec.egress,
    hosts: [...hostNames(spec.machines, machine), ...registryName(registries, machine)],
    peers: undefined,
    credentials: spec.registryCredentials,
    registries,
    registryAuth: spec.registryAuth,
    registry,
    socketDir: join(socketFolder, shortHash(`${spec.play}/${machine.name}`)),
    armed: spec.armed,
  }));
}
