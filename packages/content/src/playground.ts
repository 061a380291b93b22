import type { Machine, Network, Playground, StartupFile } from "./model.ts";
import type { Source } from "./source.ts";
import { asBytes, asList, asMap, asText } from "./value.ts";

const GIB = 1024 ** 3;
/** Caps of spec 3.3.2, free tier; what is asked above them is lowered. */
const CAP = { cpuCount: 2, memoryBytes: 4 * GIB };

function startupFiles(value: unknown): StartupFile[] {
  return asList(value).map((one) => {
    const spec = asMap(one);
    const mode = asText(spec["mode"]) || "644";
    return {
      path: asText(spec["path"]),
      content: asText(spec["content"]),
      owner: asText(spec["owner"]) || "0:0",
      mode: Number.parseInt(mode, 8) || 0o644,
      append: spec["append"] === true,
    };
  });
}

function image(drives: unknown): string | undefined {
  const root =
    asList(drives)
      .map(asMap)
      .find((drive) => asText(drive["mount"]) === "/") ?? asMap(asList(drives)[0]);
  return asText(root["source"]) || undefined;
}

/** One machine from YAML over its base: a given field replaces the base's as a whole (spec 3.2). */
export function readMachine(spec: Record<string, unknown>, base?: Machine): Machine {
  const users =
    spec["users"] === undefined
      ? base?.users
      : asList(spec["users"]).map((one) => ({
          name: asText(asMap(one)["name"]),
          default: asMap(one)["default"] === true,
          welcome: asText(asMap(one)["welcome"]),
        }));
  const known = users?.length ? users : [{ name: "laborant", default: true, welcome: "" }];
  const resources = asMap(spec["resources"]);
  const interfaces = asMap(spec["network"])["interfaces"];
  return {
    name: asText(spec["name"]),
    image: image(spec["drives"]) ?? base?.image ?? "debian-12",
    users: known,
    defaultUser: (known.find((user) => user.default) ?? known[0]!).name,
    noSSH: spec["noSSH"] === undefined ? (base?.noSSH ?? false) : spec["noSSH"] === true,
    cpuCount: Math.min(CAP.cpuCount, Number(resources["cpuCount"] ?? base?.cpuCount ?? 1) || 1),
    memoryBytes: Math.min(
      CAP.memoryBytes,
      asBytes(resources["ramSize"], base?.memoryBytes ?? GIB / 2),
    ),
    diskBytes: asBytes(asMap(asList(spec["drives"])[0])["size"], base?.diskBytes ?? 2 * GIB),
    interfaces:
      interfaces === undefined
        ? (base?.interfaces ?? [])
        : asList(interfaces).map((one) => ({
            network: asText(asMap(one)["network"]),
            address: asText(asMap(one)["address"]),
          })),
    startupFiles:
      spec["startupFiles"] === undefined
        ? (base?.startupFiles ?? [])
        : startupFiles(spec["startupFiles"]),
  };
}

function readNetworks(value: unknown): Network[] {
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

const toNumber = (address: string) =>
  address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
const toAddress = (number: number) =>
  [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join(".");

/** Fills what may be left out: the network `local`, first interfaces, gateways and addresses in list order. */
function complete(playground: Playground): Playground {
  const networks = playground.networks.length
    ? playground.networks
    : [{ name: "local", subnet: "172.16.0.0/24", gateway: "", private: false }];
  const machines = playground.machines.map((machine) => ({
    ...machine,
    interfaces: machine.interfaces.length
      ? machine.interfaces.map((one) => ({ ...one }))
      : [{ network: networks[0]!.name, address: "" }],
  }));
  const done = networks.map((network) => {
    const [start = "172.16.0.0", mask = "24"] = network.subnet.split("/");
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
        while (!one.address && taken.has(toAddress(next))) next++;
        const address = one.address.split("/")[0] || toAddress(next);
        taken.add(address);
        one.address = `${address}/${one.address.split("/")[1] ?? mask}`;
      }
    }
    return { ...network, gateway };
  });
  return { ...playground, machines, networks: done };
}

/** A manifest's playground, complete. */
export function readManifest(source: Source): Playground | undefined {
  const { data } = source;
  if (data["kind"] !== "playground")
    source.error(["kind"], "kind is not playground", "write kind: playground");
  if (!asText(data["name"])) source.error(["name"], "the playground has no name", "add name:");
  const spec = asMap(data["playground"]);
  const machines = asList(spec["machines"]).map((one) => readMachine(asMap(one)));
  if (machines.length > 5)
    source.error(["playground", "machines"], "more than 5 machines", "remove some");
  for (const [index, machine] of machines.entries())
    if (!/^[a-z][a-z0-9-]*$/.test(machine.name))
      source.error(
        ["playground", "machines", index],
        `machine name "${machine.name}" is no host name`,
        "use lowercase letters, digits and -",
      );
  checkDrives(source, ["playground", "machines"], spec["machines"]);
  checkUnsupported(source, ["playground"], spec);
  if (source.failed) return undefined;
  return complete({
    name: asText(data["name"]),
    title: asText(data["title"]) || asText(data["name"]),
    machines,
    networks: readNetworks(spec["networks"]),
  });
}

/** Keys of a playground that would change what a play does, and that nothing here acts on yet. */
function checkUnsupported(
  source: Source,
  at: (string | number)[],
  spec: Record<string, unknown>,
): void {
  for (const key of ["initTasks", "initConditions", "startupFiles"]) {
    const value = spec[key];
    if (Array.isArray(value) ? value.length > 0 : Object.keys(asMap(value)).length > 0)
      source.error(
        [...at, key],
        `${key} of a playground is not supported here yet`,
        key === "startupFiles"
          ? "put startupFiles: into each machine"
          : "put init tasks into tasks: of the challenge",
      );
  }
  for (const key of ["tabs", "registryAuth", "portForwards"])
    if (spec[key] !== undefined)
      source.warn(
        [...at, key],
        `${key} of a playground is not used here yet`,
        "nothing to do; every machine gets a terminal",
      );
}

function checkDrives(source: Source, at: (string | number)[], machines: unknown): void {
  for (const [index, machine] of asList(machines).entries()) {
    for (const [drive, one] of asList(asMap(machine)["drives"]).entries()) {
      if (asText(asMap(one)["source"]).startsWith("oci://"))
        source.error(
          [...at, index, "drives", drive, "source"],
          "oci:// drives are not supported here yet",
          "use a named root filesystem such as debian-12",
        );
    }
    for (const [file, one] of asList(asMap(machine)["startupFiles"]).entries()) {
      if (asMap(one)["source"] !== undefined)
        source.error(
          [...at, index, "startupFiles", file, "source"],
          "startup files by source are not supported here yet",
          "put the text into content:",
        );
    }
  }
}

/** The playground of a challenge: its base with the overrides of the block. */
export function readBlock(source: Source, bases: Map<string, Playground>): Playground | undefined {
  const errorsOf = () => source.problems.filter(({ severity }) => severity === "error").length;
  const errorsBefore = errorsOf();
  const value = source.data["playground"];
  const block = typeof value === "string" ? { name: value } : asMap(value);
  const name = asText(asMap(block)["name"]);
  const base = bases.get(name);
  if (!base) {
    source.error(
      ["playground"],
      name ? `unknown playground "${name}"` : "there is no playground",
      `name one of ${[...bases.keys()].join(", ")}`,
    );
    return undefined;
  }
  const spec = asMap(block);
  checkDrives(source, ["playground", "machines"], spec["machines"]);
  checkUnsupported(source, ["playground"], spec);
  const blank = base.machines.length === 0 || name === "flexbox";
  let machines = base.machines;
  if (asList(spec["machines"]).length) {
    machines = asList(spec["machines"]).flatMap((one, index) => {
      const own = asMap(one);
      const inherited = base.machines.find((machine) => machine.name === asText(own["name"]));
      if (!inherited && !blank) {
        source.error(
          ["playground", "machines", index],
          `playground ${name} has no machine "${asText(own["name"])}"`,
          `use ${base.machines.map((machine) => machine.name).join(", ")}, or the playground flexbox`,
        );
        return [];
      }
      return [readMachine(own, inherited)];
    });
  }
  if (machines.length === 0 || machines.length > 5)
    source.error(
      ["playground", "machines"],
      `a play has 1 to 5 machines, this one ${machines.length}`,
      "list the machines",
    );
  if (errorsOf() > errorsBefore) return undefined;
  const networks = spec["networks"] === undefined ? base.networks : readNetworks(spec["networks"]);
  return complete({ name, title: base.title, machines, networks });
}
