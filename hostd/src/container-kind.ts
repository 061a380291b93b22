import { cpus } from "node:os";
import type Docker from "dockerode";
import type { MachineSpec } from "@agon/protocol/host";
import type { TaskSpec } from "@agon/protocol/machine";
import type { MachineLimits } from "./container-cgroups.ts";
import type { MachinePlace } from "./driver.ts";

/** What one kind of container has that others have not. */
export interface ContainerKind {
  readonly backend: string;
  limits(place: MachinePlace): MachineLimits;
  /** Bytes that the machine takes for its memory when it starts, where that is not what it may cost the host. */
  memoryInside?(place: MachinePlace): number;
  /** What a machine asks for and this kind has not, in words. */
  lacks(machine: MachineSpec, tasks: TaskSpec[]): string | undefined;
  /** Options of the container, over those that all have. @param bind its writable control group. */
  options(place: MachinePlace, bind: string): Docker.ContainerCreateOptions;
  /** The network is another container's, which is there first and all the time. */
  readonly ownNetwork: boolean;
  /** Processes of a running machine, where the engine does not count them. */
  pids?(container: Docker.Container): Promise<number>;
}

/** Processes of one machine at most. */
const PIDS = 512;

/** What a container has not, whatever runs it. */
export function lacksOfContainers({ drives, kernel }: MachineSpec): string | undefined {
  if (drives.length) return "a container has no drives of its own; use the backend microvm";
  if (kernel) return "a container has no kernel of its own; use the backend microvm";
  return undefined;
}

/** Limits of a machine that its playground names. */
export const limitsOf = ({ machine }: MachinePlace, pids: number): MachineLimits => ({
  memory: machine.memoryBytes,
  cpus: Math.min(Math.max(1, machine.cpuCount), cpus().length),
  pids,
});

/** runc with a real systemd as first process, which may write its own control group. */
export const systemdContainer: ContainerKind = {
  backend: "container",
  ownNetwork: true,
  limits: (place) => limitsOf(place, PIDS),
  lacks: lacksOfContainers,
  options: (_, bind) => ({
    Cmd: ["/sbin/init"],
    Env: ["container=docker"],
    StopSignal: "SIGRTMIN+3",
    HostConfig: {
      CgroupnsMode: "private",
      Binds: [bind],
      Tmpfs: { "/run": "exec", "/run/lock": "", "/tmp": "exec" },
    },
  }),
};
