import type { StartPlayRequest } from "@agon/protocol/host";
import type { Drivers } from "./drivers.ts";
import { isReference, parseReference } from "./oci/reference.ts";

const PLAY = /^[a-z0-9-]{4,40}$/;
const NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;
const USER = /^[a-z_][a-z0-9_-]{0,31}$/;
const ADDRESS = /^\d{1,3}(\.\d{1,3}){3}\/\d{1,2}$/;
const MAC = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i;
const MOUNT = /^(\/[A-Za-z0-9._-]+)+$/;
const SOURCE = /^https?:\/\/[^\s/]\S{0,2000}$/;
const FILESYSTEMS = new Set(["ext2", "ext3", "ext4", "xfs", "btrfs"]);
/** Bytes with which every filesystem can be made. */
const MIN_DRIVE = 512 * 2 ** 20;
const MAX_MACHINES = 5;
/** As content may have. */
const MAX_NETWORKS = 10;
const MAX_INTERFACES = 10;
/** Tasks of a play at most. */
export const MAX_TASKS = 500;

/** What is wrong with the name of a registry's image; undefined for those of this host. */
function wrongReference(image: string): string | undefined {
  if (!isReference(image)) return undefined;
  try {
    parseReference(image);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** What is wrong with a play's spec, in words; undefined when a host can run it. These names go into commands and paths. */
export function checkSpec(spec: StartPlayRequest, drivers: Drivers): string | undefined {
  if (!PLAY.test(spec.play)) return "play: must match [a-z0-9-]{4,40}";
  if (spec.machines.length < 1 || spec.machines.length > MAX_MACHINES)
    return `machines: 1 to ${MAX_MACHINES}`;
  if (spec.networks.length > MAX_NETWORKS) return `networks: at most ${MAX_NETWORKS}`;
  if (spec.tasks.length > MAX_TASKS) return `tasks: at most ${MAX_TASKS}`;
  const lacking = drivers.lacks(spec);
  if (lacking) return lacking;
  const machines = new Set(spec.machines.map(({ name }) => name));
  if (machines.size !== spec.machines.length) return "machines: two have the same name";
  for (const machine of spec.machines) {
    const at = `machine ${machine.name.slice(0, 70)}`;
    if (!NAME.test(machine.name)) return `${at}: its name must match [a-z0-9-]`;
    const driver = drivers.find(machine);
    if (!driver)
      return `${at}: this host has no backend ${machine.backend.slice(0, 70)}; it has: ${drivers.backends.join(", ")}`;
    const wrong = wrongReference(machine.image);
    if (wrong) return `${at}: ${wrong}`;
    if (!isReference(machine.image) && !driver.images.includes(machine.image))
      return `${at}: this host has no image ${machine.image}; it has: ${driver.images.join(", ") || "none"}`;
    const missing = driver.lacks(
      machine,
      spec.tasks.filter(({ machine: where, everywhere }) => everywhere || where === machine.name),
    );
    if (missing) return `${at}: ${missing}`;
    for (const { mount, filesystem, sizeBytes } of machine.drives) {
      if (mount && !MOUNT.test(mount)) return `${at}: no drive can be mounted at ${mount}`;
      if (filesystem && !FILESYSTEMS.has(filesystem))
        return `${at}: there is no filesystem ${filesystem}; use ${[...FILESYSTEMS].join(", ")}`;
      if (sizeBytes < MIN_DRIVE) return `${at}: a drive has at least ${MIN_DRIVE} bytes`;
    }
    for (const user of [...machine.users, machine.defaultUser])
      if (user && !USER.test(user)) return `${at}: ${user} can't be the name of a user`;
    if (machine.interfaces.length > MAX_INTERFACES)
      return `${at}: at most ${MAX_INTERFACES} interfaces`;
    for (const { network, address, mac } of machine.interfaces) {
      if (!spec.networks.some(({ name }) => name === network))
        return `${at}: there is no network ${network}`;
      if (address && !ADDRESS.test(address)) return `${at}: ${address} is no address with a mask`;
      if (mac && !MAC.test(mac)) return `${at}: ${mac} is no MAC address`;
    }
    for (const { path, source } of machine.startupFiles) {
      if (!path.startsWith("/") || path.split("/").includes(".."))
        return `${at}: startup file ${path} is no absolute path`;
      if (source && !SOURCE.test(source)) return `${at}: ${source} is no web address`;
    }
  }
  for (const task of spec.tasks)
    if (!machines.has(task.machine))
      return `task ${task.name}: there is no machine ${task.machine}`;
  return undefined;
}
