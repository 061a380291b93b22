import type { MachineSpec } from "@agon/protocol/host";

/** A line of /etc/hosts. */
export interface HostName {
  name: string;
  address: string;
}

/**
 * Names and addresses of a play as one of its machines knows them, its own first: `machine.network`
 * for each interface, and `machine` for one that this machine reaches, if there is any.
 */
export function hostNames(machines: MachineSpec[], own: MachineSpec): HostName[] {
  const near = new Set(own.interfaces.map(({ network }) => network));
  const others = machines.filter((machine) => machine !== own);
  return [own, ...others].flatMap(({ name, interfaces }) => {
    const known = interfaces
      .map(({ network, address }) => ({ network, address: address.split("/")[0] ?? "" }))
      .filter(({ address }) => address);
    const first = known.find(({ network }) => near.has(network)) ?? known[0];
    return [
      ...(first ? [{ name, address: first.address }] : []),
      ...known.map(({ network, address }) => ({ name: `${name}.${network}`, address })),
    ];
  });
}
