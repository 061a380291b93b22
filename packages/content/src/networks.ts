import type { Machine, Network, Playground } from "./model.ts";
import { withinPlay } from "./resources.ts";
import type { Source } from "./source.ts";
import { asList, asMap, asText } from "./value.ts";

/** Networks as written; `checkNetworks` tells what is wrong with them. */
export function readNetworks(value: unknown): Network[] {
  return asList(value).map((one) => {
    const spec = asMap(one);
    return {
      name: asText(spec["name"]),
      subnet: asText(spec["subnet"]),
      gateway: asText(spec["gateway"]),
      private: spec["private"] === true,
    };
  });
}

/** Of a play, and interfaces of one machine; hosts have the same limits. */
const MAX_NETWORKS = 10;
const MAX_INTERFACES = 10;
const ADDRESS = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$|\/)|(?=$|\/))){4}$/;

const isAddress = (text: string) => ADDRESS.test(text);

/** First address and number of addresses of an IPv4 subnet, or undefined. */
function rangeOf(subnet: string): { start: number; size: number } | undefined {
  const [address = "", mask = "", ...rest] = subnet.split("/");
  const bits = Number(mask);
  if (rest.length || !isAddress(address) || !/^\d+$/.test(mask) || bits < 8 || bits > 30)
    return undefined;
  const size = 2 ** (32 - bits);
  return { start: Math.floor(toNumber(address) / size) * size, size };
}

function inside(address: string, subnet: string): boolean {
  const range = rangeOf(subnet);
  const number = toNumber(address);
  return range !== undefined && number > range.start && number < range.start + range.size - 1;
}

/** Tells what is wrong with networks, and with interfaces that name them (spec 3.3.3). */
export function checkNetworks(source: Source, networks: Network[], machines: Machine[]): void {
  const at = ["playground", "networks"];
  if (networks.length > MAX_NETWORKS)
    source.error(
      "AG039",
      at,
      `there are ${networks.length} networks`,
      `use at most ${MAX_NETWORKS}`,
    );
  for (const [index, { name, subnet, gateway }] of networks.entries()) {
    const here = [...at, index];
    if (!/^[a-z](?:[a-z0-9-]*[a-z0-9])?$/.test(name))
      source.error(
        "AG039",
        here,
        `network name "${name}" is no host name`,
        "use lowercase letters, digits and -",
      );
    else if (networks.findIndex((one) => one.name === name) < index)
      source.error("AG039", here, `two networks are called ${name}`, "give one another name");
    if (!rangeOf(subnet))
      source.error(
        "AG039",
        [...here, "subnet"],
        `subnet "${subnet}" of network ${name} is none`,
        "write for example 172.16.0.0/24, with 8 to 30 bits",
      );
    else if (gateway && !(isAddress(gateway) && inside(gateway, subnet)))
      source.error(
        "AG039",
        [...here, "gateway"],
        `gateway "${gateway}" is no address of ${subnet}`,
        "write an address of the subnet, without a mask",
      );
  }
  const known = networks.length ? networks : [LOCAL];
  for (const [index, machine] of machines.entries()) {
    if (machine.interfaces.length > MAX_INTERFACES)
      source.error(
        "AG039",
        ["playground", "machines", index, "network", "interfaces"],
        `${machine.name} has ${machine.interfaces.length} interfaces`,
        `use at most ${MAX_INTERFACES}`,
      );
    for (const [nth, { network, address }] of machine.interfaces.entries()) {
      const here = ["playground", "machines", index, "network", "interfaces", nth];
      const on = known.find(({ name }) => name === network);
      if (network && !on)
        source.error(
          "AG039",
          here,
          `an interface of ${machine.name} is on unknown network "${network}"`,
          `use one of ${known.map(({ name }) => name).join(", ")}`,
        );
      const [plain = ""] = address.split("/");
      if (address && !(isAddress(plain) && (!on || inside(plain, on.subnet))))
        source.error(
          "AG039",
          here,
          `address "${address}" of ${machine.name} is none of network ${network}`,
          "write an address of its subnet, or leave it out",
        );
    }
  }
}

const LOCAL: Network = { name: "local", subnet: "172.16.0.0/24", gateway: "", private: false };

const toNumber = (address: string) =>
  address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
const toAddress = (number: number) =>
  [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join(".");

/** Fills what may be left out: the network `local`, first interfaces, gateways and addresses in list order. */
export function complete(playground: Playground): Playground {
  const networks = playground.networks.length ? playground.networks : [LOCAL];
  const machines = withinPlay(playground.machines).map((machine) => ({
    ...machine,
    interfaces: machine.interfaces.length
      ? machine.interfaces.map((one) => ({ ...one, network: one.network || networks[0]!.name }))
      : [{ network: networks[0]!.name, address: "" }],
  }));
  const done = networks.map((network) => {
    const [address = "", mask = "24"] = network.subnet.split("/");
    const start = toAddress(rangeOf(network.subnet)?.start ?? toNumber(address));
    const gateway = network.gateway || toAddress(toNumber(start) + 1);
    const taken = new Set([
      gateway,
      ...machines.flatMap((machine) =>
        machine.interfaces
          .filter((one) => one.network === network.name && one.address)
          .map((one) => one.address.split("/")[0]!),
      ),
    ]);
    for (const machine of machines) {
      for (const one of machine.interfaces.filter(
        (candidate) => candidate.network === network.name,
      )) {
        let next = toNumber(start) + 2;
        while (!one.address && taken.has(toAddress(next))) next++; // Fewer machines than addresses.
        const own = one.address.split("/")[0] || toAddress(next);
        taken.add(own);
        one.address = `${own}/${one.address.split("/")[1] ?? mask}`;
      }
    }
    return { ...network, gateway };
  });
  return { ...playground, machines, networks: done };
}
