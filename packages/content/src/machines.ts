import { checkDrives, readDrives, rootOf } from "./drives.ts";
import type { Machine, StartupFile } from "./model.ts";
import type { Source } from "./source.ts";
import { readStartupFiles } from "./startup-files.ts";
import { asBytes, asList, asMap, asText } from "./value.ts";

const GIB = 1024 ** 3;
/** Caps of spec 3.3.2, free tier; what is asked above them is lowered. */
const CAP = { cpuCount: 2, memoryBytes: 4 * GIB };

/** Drivers of hosts, and what the origin calls a virtual machine. */
export const BACKENDS = [
  "microvm",
  "container",
  "gvisor",
  "firecracker",
  "cloud-hypervisor",
] as const;

function rootDrive(drives: unknown): Record<string, unknown> {
  return asMap(asList(drives)[rootOf(drives)]);
}

/** Where a machine's root drive comes from. */
export function image(drives: unknown): string | undefined {
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

/** Startup files of a machine's own list; undefined when it has none and its base's count. */
export function ownFiles(source: Source, index: number, spec: Record<string, unknown>) {
  return spec["startupFiles"] === undefined
    ? undefined
    : readStartupFiles(
        source,
        ["playground", "machines", index, "startupFiles"],
        spec["startupFiles"],
        false,
      );
}

/** What a machine asks for and will not get here: errors where a play would be wrong, else warnings. */
export function checkMachines(source: Source, machines: unknown): void {
  for (const [index, one] of asList(machines).entries()) {
    const at = ["playground", "machines", index];
    const machine = asMap(one);
    checkDrives(source, [...at, "drives"], machine["drives"]);
    const backend = asText(machine["backend"]);
    if (backend && !(BACKENDS as readonly string[]).includes(backend))
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
