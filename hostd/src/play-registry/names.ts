import type { MachineSpec, NetworkSpec } from "@agon/protocol/host";
import type { HostName } from "../host-names.ts";

/** Name of a play's own registry, as content hard-codes it (spec 3.3.6). */
export const REGISTRY_NAME = "registry.iximiuz.com";

const toNumber = (address: string) =>
  address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
const toAddress = (number: number) =>
  [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join(".");

/**
 * The address of the play's registry on each of its networks: the last one that no machine and no
 * gateway has. A network without a free one has no registry.
 */
export function registryAddresses(
  networks: readonly NetworkSpec[],
  machines: readonly MachineSpec[],
): Map<string, string> {
  const found = new Map<string, string>();
  for (const { name, subnet, gateway } of networks) {
    const [start = "", mask = "24"] = subnet.split("/");
    const size = 2 ** (32 - Number(mask));
    const taken = new Set([
      gateway,
      ...machines.flatMap(({ interfaces }) =>
        interfaces
          .filter(({ network }) => network === name)
          .map(({ address }) => address.split("/")[0]!),
      ),
    ]);
    const first = Math.floor(toNumber(start) / size) * size;
    // Not the network's own address, and not the one for all.
    for (let number = first + size - 2; number > first; number--)
      if (!taken.has(toAddress(number))) {
        found.set(name, toAddress(number));
        break;
      }
  }
  return found;
}

/** The registry's name as one machine knows it: on its first network that has one. */
export function registryName(
  addresses: ReadonlyMap<string, string>,
  { interfaces }: MachineSpec,
): HostName[] {
  const address = interfaces.map(({ network }) => addresses.get(network)).find(Boolean);
  return address ? [{ name: REGISTRY_NAME, address }] : [];
}
