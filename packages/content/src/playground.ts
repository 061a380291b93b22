import type { InitCondition, Machine, Network, Playground, StartupFile } from "./model.ts";
import { readEgress } from "./egress.ts";
import type { Source } from "./source.ts";
import { checkStartupSize, readStartupFiles } from "./startup-files.ts";
import { readInitTasks } from "./tasks.ts";
import { checkDrives, readDrives, rootOf } from "./drives.ts";
import { resolveName } from "./names.ts";
import { asBytes, asList, asMap, asText } from "./value.ts";

const GIB = 1024 ** 3;
/** Caps of spec 3.3.2, free tier; what is asked above them is lowered. */
const CAP = { cpuCount: 2, memoryBytes: 4 * GIB };

/** Drivers of hosts, and what the origin calls a virtual machine. */
const BACKENDS = ["microvm", "container", "firecracker", "cloud-hypervisor"];

function rootDrive(drives: unknown): Record<string, unknown> {
  return asMap(asList(drives)[rootOf(drives)]);
}

function image(drives: unknown): string | undefined {
  return asText(rootDrive(drives)["source"]) || undefined;
}

/** `6.1`, from both spellings (spec 3.5). */
function kernelOf(value: unknown): string {
  return asText(value) || asText(asMap(value)["source"]);
}

/** One machine from YAML over its base: a given field replaces the base's as a whole (spec 3.2). */
export function readMachine(
  spec: Record<string, unknown>,
  base: Machine | undefined,
  files: StartupFile[] | undefined,
): Machine {
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
    backend: asText(spec["backend"]) || (base?.backend ?? ""),
    kernel: kernelOf(spec["kernel"]) || (base?.kernel ?? ""),
    ...(spec["drives"] === undefined
      ? { drives: base?.drives ?? [], rootPosition: base?.rootPosition ?? 0 }
      : readDrives(spec["drives"])),
    cpuCount: Math.min(CAP.cpuCount, Number(resources["cpuCount"] ?? base?.cpuCount ?? 1) || 1),
    memoryBytes: Math.min(
      CAP.memoryBytes,
      asBytes(resources["ramSize"], base?.memoryBytes ?? GIB / 2),
    ),
    diskBytes: asBytes(rootDrive(spec["drives"])["size"], base?.diskBytes ?? 2 * GIB),
    interfaces:
      interfaces === undefined
        ? (base?.interfaces ?? [])
        : asList(interfaces).map((one) => ({
            network: asText(asMap(one)["network"]),
            address: asText(asMap(one)["address"]),
          })),
    startupFiles: files ?? base?.startupFiles ?? [],
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
    source.error("AG045", ["kind"], "kind is not playground", "write kind: playground");
  if (!asText(data["name"]))
    source.error("AG045", ["name"], "the playground has no name", "add name:");
  const spec = asMap(data["playground"]);
  const machines = asList(spec["machines"]).map((one, index) =>
    readMachine(asMap(one), undefined, ownFiles(source, index, asMap(one))),
  );
  if (machines.length > 5)
    source.error("AG033", ["playground", "machines"], "more than 5 machines", "remove some");
  for (const [index, machine] of machines.entries())
    if (!/^[a-z][a-z0-9-]*$/.test(machine.name))
      source.error(
        "AG034",
        ["playground", "machines", index],
        `machine name "${machine.name}" is no host name`,
        "use lowercase letters, digits and -",
      );
  checkMachines(source, spec["machines"]);
  checkUnsupported(source, ["playground"], spec);
  checkAccess(source, spec);
  const playground = complete({
    name: asText(data["name"]),
    title: asText(data["title"]) || asText(data["name"]),
    machines,
    networks: readNetworks(spec["networks"]),
    egress: readEgress(source, spec["egress"]),
    ...readPlayWide(source, spec, machines),
    initTasks: [],
  });
  playground.initTasks = readInitTasks(source, playground, spec["initTasks"]);
  return source.failed ? undefined : playground;
}

/** Startup files of a machine's own list; undefined when it has none and its base's count. */
function ownFiles(source: Source, index: number, spec: Record<string, unknown>) {
  return spec["startupFiles"] === undefined
    ? undefined
    : readStartupFiles(
        source,
        ["playground", "machines", index, "startupFiles"],
        spec["startupFiles"],
        false,
      );
}

function readConditions(source: Source, value: unknown): InitCondition[] {
  const at = ["playground", "initConditions", "values"];
  const conditions = asList(asMap(value)["values"]).map((one, index) => {
    const spec = asMap(one);
    const condition = {
      key: asText(spec["key"]),
      default: asText(spec["default"]),
      options: asList(spec["options"]).map(asText),
    };
    if (!condition.key)
      source.error("AG041", [...at, index], "an init condition has no key", "add key:");
    if (
      condition.default &&
      condition.options.length &&
      !condition.options.includes(condition.default)
    )
      source.error(
        "AG041",
        [...at, index, "default"],
        `default "${condition.default}" of condition "${condition.key}" is none of its options`,
        `use one of ${condition.options.join(", ")}`,
      );
    return condition;
  });
  if (conditions.length)
    source.warn(
      "AG041",
      ["playground", "initConditions"],
      "nobody is asked for init conditions here yet: their defaults are used",
      "give each a default that makes the play work",
    );
  return conditions;
}

/** Play-wide startup files and conditions of a block or manifest, over those of its base. */
function readPlayWide(
  source: Source,
  spec: Record<string, unknown>,
  machines: Machine[],
  base?: Playground,
): Pick<Playground, "startupFiles" | "initConditions"> {
  const at = ["playground", "startupFiles"];
  const files =
    spec["startupFiles"] === undefined
      ? (base?.startupFiles ?? [])
      : readStartupFiles(source, at, spec["startupFiles"], true);
  if (spec["startupFiles"] !== undefined)
    for (const [index, file] of files.entries())
      for (const machine of file.machines)
        if (!machines.some(({ name }) => name === machine))
          source.error(
            "AG043",
            [...at, index, "machines"],
            `a startup file goes to unknown machine "${machine}"`,
            `use ${machines.map(({ name }) => name).join(", ")}`,
          );
  checkStartupSize(source, [...files, ...machines.flatMap((machine) => machine.startupFiles)]);
  return {
    startupFiles: files,
    initConditions:
      spec["initConditions"] === undefined
        ? (base?.initConditions ?? [])
        : readConditions(source, spec["initConditions"]),
  };
}

/** Keys of a playground that would change what a play does, and that nothing here acts on yet. */
function checkUnsupported(
  source: Source,
  at: (string | number)[],
  spec: Record<string, unknown>,
): void {
  for (const key of ["tabs", "registryAuth", "portForwards"])
    if (spec[key] !== undefined)
      source.warn(
        "AG040",
        [...at, key],
        `${key} of a playground is not used here yet`,
        "nothing to do; every machine gets a terminal",
      );
}

/** Access lists are not enforced: anything narrower than `anyone` is told. */
function checkAccess(source: Source, spec: Record<string, unknown>): void {
  const lists = asMap(spec["accessControl"]);
  for (const [key, list] of Object.entries(lists))
    if (!asList(list).map(asText).includes("anyone"))
      source.warn(
        "AG042",
        ["playground", "accessControl", key],
        `${key} is not enforced here yet: everybody who is signed in may use this playground`,
        "keep it out of playgrounds/ until it may be seen",
      );
  if (spec["access"] !== undefined && !Object.keys(lists).length)
    source.warn(
      "AG042",
      ["playground", "access"],
      "access is not enforced here yet: everybody who is signed in may use this playground",
      "keep it out of playgrounds/ until it may be seen",
    );
}

/** What a machine asks for and will not get here: errors where a play would be wrong, else warnings. */
function checkMachines(source: Source, machines: unknown): void {
  for (const [index, one] of asList(machines).entries()) {
    const at = ["playground", "machines", index];
    const machine = asMap(one);
    checkDrives(source, [...at, "drives"], machine["drives"]);
    const backend = asText(machine["backend"]);
    if (backend && !BACKENDS.includes(backend))
      source.error(
        "AG035",
        [...at, "backend"],
        `unknown backend "${backend}"`,
        `use one of ${BACKENDS.join(", ")}, or remove it for the host's default`,
      );
    const own = asList(machine["drives"]).length > 1 ? "drives" : "kernel";
    if (backend === "container" && (own === "drives" || kernelOf(machine["kernel"])))
      source.error(
        "AG035",
        [...at, own],
        `a container has no ${own} of its own`,
        "use backend: microvm, or remove backend",
      );
    if (backend === "cloud-hypervisor")
      source.warn(
        "AG035",
        [...at, "backend"],
        "cloud-hypervisor means an ordinary microVM here: without virtualisation inside",
        "do not rely on nested virtual machines",
      );
    const asked = asMap(machine["resources"]);
    if (
      Number(asked["cpuCount"] ?? 0) > CAP.cpuCount ||
      asBytes(asked["ramSize"], 0) > CAP.memoryBytes
    )
      source.warn(
        "AG036",
        [...at, "resources"],
        `resources are lowered to ${CAP.cpuCount} CPUs and ${CAP.memoryBytes / GIB} GiB`,
        "ask for less",
      );
  }
}

/** The playground of a challenge: its base with the overrides of the block. */
export function readBlock(source: Source, bases: Map<string, Playground>): Playground | undefined {
  const errorsOf = () => source.problems.filter(({ severity }) => severity === "error").length;
  const errorsBefore = errorsOf();
  const value = source.data["playground"];
  const block = typeof value === "string" ? { name: value } : asMap(value);
  const name = asText(asMap(block)["name"]);
  const base = resolveName(bases, name);
  if (!base) {
    const known = `name one of ${[...bases.keys()].join(", ")}`;
    if (name)
      source.cannot(
        "AG030",
        typeof value === "string" ? ["playground"] : ["playground", "name"],
        `unknown playground "${name}"`,
        `install it below playgrounds/, or ${known}`,
      );
    else source.error("AG030", ["playground"], "there is no playground", known);
    return undefined;
  }
  const spec = asMap(block);
  checkMachines(source, spec["machines"]);
  checkUnsupported(source, ["playground"], spec);
  const blank = base.machines.length === 0 || name === "flexbox";
  let machines = base.machines;
  if (asList(spec["machines"]).length) {
    machines = asList(spec["machines"]).flatMap((one, index) => {
      const own = asMap(one);
      const inherited = base.machines.find((machine) => machine.name === asText(own["name"]));
      if (!inherited && !blank) {
        source.error(
          "AG031",
          ["playground", "machines", index],
          `playground ${name} has no machine "${asText(own["name"])}"`,
          `use ${base.machines.map((machine) => machine.name).join(", ")}, or the playground flexbox`,
        );
        return [];
      }
      const root = image(own["drives"]);
      if (inherited && !blank && root && root !== inherited.image)
        source.error(
          "AG032",
          ["playground", "machines", index, "drives"],
          `the root drive of ${inherited.name} comes from ${name} and cannot be replaced by "${root}"`,
          `use source: ${inherited.image}, or the playground flexbox`,
        );
      return [readMachine(own, inherited, ownFiles(source, index, own))];
    });
  }
  if (machines.length === 0 || machines.length > 5)
    source.error(
      "AG033",
      ["playground", "machines"],
      `a play has 1 to 5 machines, this one ${machines.length}`,
      "list the machines",
    );
  const playWide = readPlayWide(source, spec, machines, base);
  const egress = readEgress(source, spec["egress"], base.egress);
  if (errorsOf() > errorsBefore) return undefined;
  const networks = spec["networks"] === undefined ? base.networks : readNetworks(spec["networks"]);
  const { title, initTasks } = base;
  return complete({ name, title, machines, networks, egress, initTasks, ...playWide });
}

/**
 * Machines to check tasks against when their playground is not here: those that the block lists, else
 * those that the tasks name.
 */
export function standIn(source: Source): Playground {
  const block = asMap(source.data["playground"]);
  const listed = asList(block["machines"]).map((one) => asText(asMap(one)["name"]));
  const named = [
    ...Object.values(asMap(source.data["tasks"])),
    ...Object.values(asMap(block["initTasks"])),
  ].map((task) => asText(asMap(task)["machine"]));
  const names = [...new Set((listed.some(Boolean) ? listed : named).filter(Boolean))];
  return {
    name: "",
    title: "",
    machines: (names.length ? names : ["machine"]).map((name) =>
      readMachine({ name }, undefined, undefined),
    ),
    networks: [],
    startupFiles: [],
    initTasks: [],
    initConditions:
      block["initConditions"] === undefined ? [] : readConditions(source, block["initConditions"]),
  };
}
