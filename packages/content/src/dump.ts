import { OF_PLAYGROUNDS, type Machine, type Playground, type Task } from "./model.ts";

/** Who gets a dump: its scripts and its registry's login are for those who may change it. */
interface DumpFor {
  scripts: boolean;
}

const MIB = 1024 ** 2;
const size = (bytes: number): string =>
  bytes % (1024 * MIB) === 0
    ? `${bytes / (1024 * MIB)}GiB`
    : bytes % MIB === 0
      ? `${bytes / MIB}MiB`
      : String(bytes);

function dumpMachine(machine: Machine): Record<string, unknown> {
  const { drives = [], rootPosition = 0 } = machine;
  const others = drives.map(({ source, mount, sizeBytes, filesystem, readOnly }) => ({
    ...(source && { source }),
    ...(mount && { mount }),
    size: size(sizeBytes),
    ...(filesystem && { filesystem }),
    ...(readOnly && { readOnly }),
  }));
  const root = { source: machine.image, mount: "/", size: size(machine.diskBytes) };
  // Files that came from __static__ are no text: they stay with the folder that declares them.
  const texts = machine.startupFiles.filter(({ encoding }) => encoding === "utf8");
  return {
    name: machine.name,
    users: machine.users.map(({ name, default: first, welcome }) => ({
      name,
      ...(first && { default: true }),
      ...(welcome && { welcome }),
    })),
    ...(machine.backend && { backend: machine.backend }),
    ...(machine.kernel && { kernel: { source: machine.kernel } }),
    drives: [...others.slice(0, rootPosition), root, ...others.slice(rootPosition)],
    network: { interfaces: machine.interfaces.map((one) => ({ ...one })) },
    resources: { cpuCount: machine.cpuCount, ramSize: size(machine.memoryBytes) },
    ...(texts.length && {
      startupFiles: texts.map(({ path, content, mode, owner, append }) => ({
        path,
        content,
        mode: mode.toString(8),
        ...(owner && { owner }),
        ...(append && { append }),
      })),
    }),
    ...(machine.noSSH && { noSSH: true }),
  };
}

function dumpTask(
  { name, machine, user, needs, run, timeoutSeconds, conditions }: Task,
  scripts: boolean,
) {
  return {
    name,
    machine,
    init: true,
    ...(user && { user }),
    timeout_seconds: timeoutSeconds,
    ...(needs.length && { needs }),
    run: scripts ? run : "",
    ...(conditions.length && { conditions }),
  };
}

/**
 * What stands below `playground:` of a manifest that makes this playground again, as clients print it
 * and send it back (spec 3.3 and labctl's Playground).
 */
export function dumpSpec(playground: Playground, { scripts }: DumpFor): Record<string, unknown> {
  const { accessControl } = playground;
  return {
    networks: playground.networks.map(({ name, subnet, gateway, private: closed }) => ({
      name,
      subnet,
      ...(gateway && { gateway }),
      ...(closed && { private: true }),
    })),
    machines: playground.machines.map(dumpMachine),
    tabs: (playground.tabs ?? []).map(
      ({
        kind,
        id,
        name,
        machine,
        number,
        tls,
        hostRewrite,
        pathRewrite,
        access,
        url,
        pane,
        target,
      }) => ({
        id,
        kind,
        ...(name && { name }),
        ...(machine && { machine }),
        ...(number && { number }),
        ...(tls && { tls }),
        ...(hostRewrite && { hostRewrite }),
        ...(pathRewrite && { pathRewrite }),
        ...(kind === "http-port" && { access }),
        ...(url && { url }),
        ...(pane === "right" && { pane }),
        ...(target === "window" && { target }),
      }),
    ),
    initTasks: Object.fromEntries(
      playground.initTasks.map((task) => [task.name, dumpTask(task, scripts)]),
    ),
    initConditions: { values: playground.initConditions.map((one) => ({ ...one })) },
    registryAuth: scripts ? (playground.registryAuth ?? "") : "",
    portForwards: (playground.portForwards ?? []).map(
      ({ kind, machine, localHost, localPort, remotePort, remoteHost }) => ({
        kind,
        machine,
        ...(localHost && { localHost }),
        ...(localPort && { localPort: Number(localPort) }),
        ...(remotePort && { remotePort: Number(remotePort) }),
        ...(remoteHost && { remoteHost }),
      }),
    ),
    accessControl: Object.fromEntries(
      OF_PLAYGROUNDS.map((dimension) => [dimension, accessControl?.[dimension] ?? ["anyone"]]),
    ),
  };
}
