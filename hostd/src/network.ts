import { execa } from "execa";
import type { MachineSpec, NetworkSpec } from "@agon/protocol/host";

const ip = (...args: string[]) => execa("ip", args, { timeout: 20_000 });

/** Makes the namespace of a play: one bridge without address per network, so no machine can reach the host. */
export async function createNetworks(space: string, networks: NetworkSpec[]): Promise<void> {
  await ip("netns", "add", space).catch((error: Error) => {
    if (!/File exists/.test(error.message)) throw error;
  });
  for (const index of networks.keys()) {
    await ip("-n", space, "link", "add", `br${index}`, "type", "bridge").catch((error: Error) => {
      if (!/File exists/.test(error.message)) throw error;
    });
    await ip("-n", space, "link", "set", `br${index}`, "up");
  }
}

/** Gives a started machine (its first process is `pid`) its interfaces eth0, eth1 … */
export async function plug(
  space: string,
  networks: NetworkSpec[],
  machine: MachineSpec,
  machineIndex: number,
  pid: number,
): Promise<void> {
  for (const [index, one] of machine.interfaces.entries()) {
    const bridge = networks.findIndex((network) => network.name === one.network);
    if (bridge < 0)
      throw new Error(`machine ${machine.name} asks for unknown network ${one.network}`);
    const [near, far] = [`m${machineIndex}n${index}`, `f${machineIndex}n${index}`];
    // What a killed hostd or a rebooted machine left under this name.
    await ip("-n", space, "link", "del", near).catch(() => undefined);
    await ip("-n", space, "link", "add", near, "type", "veth", "peer", "name", far);
    await ip("-n", space, "link", "set", near, "master", `br${bridge}`, "up");
    await ip("-n", space, "link", "set", far, "netns", String(pid));
    const inside = (...args: string[]) =>
      execa("nsenter", ["-t", String(pid), "-n", "ip", ...args], { timeout: 20_000 });
    await inside("link", "set", far, "name", `eth${index}`);
    if (one.mac) await inside("link", "set", `eth${index}`, "address", one.mac);
    await inside("addr", "add", one.address, "dev", `eth${index}`);
    await inside("link", "set", `eth${index}`, "up");
  }
}

/** Removes a play's namespace with everything in it. */
export async function removeNetworks(space: string): Promise<void> {
  await ip("netns", "del", space).catch(() => undefined);
}

/** Namespaces whose name begins so. */
export async function listSpaces(prefix: string): Promise<string[]> {
  const { stdout } = await ip("netns", "list");
  return stdout
    .split("\n")
    .map((line) => line.split(" ")[0]!)
    .filter((name) => name.startsWith(prefix));
}
