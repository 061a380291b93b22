import type Docker from "dockerode";

/**
 * The container that holds the network of another one, whose runtime takes it as it is at its start.
 * It does nothing, may nothing, and has the same labels, so that it goes with the machine.
 */
export function networkHolder(
  machine: Docker.ContainerCreateOptions,
): Docker.ContainerCreateOptions {
  const { Dns, ExtraHosts, CgroupParent, LogConfig } = machine.HostConfig ?? {};
  return {
    name: holderName(machine.name ?? ""),
    Image: machine.Image!,
    Hostname: machine.Hostname!,
    Labels: machine.Labels!,
    Cmd: ["/bin/sleep", "infinity"],
    StopSignal: "SIGKILL",
    User: "65534:65534",
    HostConfig: {
      NetworkMode: "none",
      Dns,
      ExtraHosts,
      CgroupParent,
      LogConfig,
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges"],
      ReadonlyRootfs: true,
      PidsLimit: 4,
      Memory: 16 * 2 ** 20,
    },
  };
}

/** No machine's name has a dot. */
export const holderName = (container: string): string => `${container}.net`;
