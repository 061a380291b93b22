import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { run, type Ran } from "./run.ts";

const GROUPS = "/sys/fs/cgroup";

/** Runs a command that takes something away: after Ctrl-C, too. */
const away = (command: string, ...args: string[]): Promise<Ran> =>
  run(command, args, { puttingAway: true });

/** Removes the containers of an arena, and the images that copies of its plays were made of. */
export async function removeContainers(arena: string, engine: string): Promise<void> {
  const docker = (...args: string[]) => away("docker", "-H", engine, ...args);
  const named = async (...args: string[]) =>
    (await docker(...args, "--filter", `label=agon.arena=${arena}`)).stdout
      .split("\n")
      .filter(Boolean);
  const ids = await named("ps", "-aq");
  if (ids.length) await docker("rm", "-f", ...ids);
  // The newest first, which stand on older ones.
  for (const image of await named("image", "ls", "-aq")) await docker("rmi", "-f", image);
}

/**
 * Removes what machines of an arena leave on this computer besides containers: QEMUs, registries,
 * network namespaces, sockets, control groups. Its hosts do not run any more.
 */
export async function removeRemains(arena: string): Promise<void> {
  if (!/^[\w-]+$/.test(arena)) throw new Error(`"${arena}" is not the id of an arena`);
  const prefix = `agon-${arena}-`;
  const machines = qemusBelow(`unix:/run/${prefix}`);
  for (const pid of machines) kill(pid);
  const spaces = (await away("ip", "netns", "list")).stdout
    .split("\n")
    .map((line) => line.split(" ")[0]!)
    .filter((name) => name.startsWith(prefix));
  for (const name of spaces) {
    if (name.endsWith(".out")) await closeWayOut(name.slice(0, -".out".length));
    // The registries of plays, and their doors.
    const { stdout } = await away("ip", "netns", "pids", name);
    for (const pid of stdout.split("\n").filter(Boolean)) kill(Number(pid));
    await away("ip", "netns", "del", name);
  }
  // Whatever else is in its groups: of a namespace that lost its name, for one.
  for (const pid of groupsOf(prefix).flatMap(processesBelow)) kill(pid);
  for (const name of readdirSync("/run"))
    if (name.startsWith(prefix)) rmSync(join("/run", name), { recursive: true, force: true });
  // The kernel lets go of a group a moment after its last process.
  for (let tries = 0; tries < 50; tries++) {
    const left = groupsOf(prefix).filter((folder) => !removeGroup(folder));
    if (left.length === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Removes a host's rules for plays that may leave it; they carry the name of its cable. */
async function closeWayOut(host: string): Promise<void> {
  const device = `agon-${createHash("sha256").update(host).digest("hex").slice(0, 10)}`;
  for (const table of ["mangle", "filter", "nat"]) {
    const { stdout } = await away("iptables", "-w", "10", "-t", table, "-S");
    for (const line of stdout.split("\n"))
      if (line.startsWith("-A ") && line.includes(`--comment ${device} `))
        await away("iptables", "-w", "10", "-t", table, "-D", ...line.split(" ").slice(1));
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // Gone meanwhile.
  }
}

/** QEMUs with a socket whose path begins so. */
function qemusBelow(socket: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
        return line[0]?.includes("qemu-system") && line.some((part) => part.startsWith(socket));
      } catch {
        return false;
      }
    });
}

function groupsOf(prefix: string): string[] {
  if (!existsSync(GROUPS)) return [];
  const roots = existsSync(join(GROUPS, "cgroup.controllers"))
    ? [GROUPS]
    : readdirSync(GROUPS).map((name) => join(GROUPS, name));
  return roots.flatMap((root) =>
    readdirSync(root, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && entry.name.startsWith(prefix))
      .map((entry) => join(root, entry.name)),
  );
}

/** Processes of a group and of those below it. */
function processesBelow(folder: string): number[] {
  try {
    const own = readFileSync(join(folder, "cgroup.procs"), "utf8").split("\n").filter(Boolean);
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .flatMap((entry) => processesBelow(join(folder, entry.name)))
      .concat(own.map(Number));
  } catch {
    // Gone meanwhile.
    return [];
  }
}

/** Removes an empty group with those below it. @returns whether it is gone. */
function removeGroup(folder: string): boolean {
  try {
    for (const entry of readdirSync(folder, { withFileTypes: true }))
      if (entry.isDirectory()) removeGroup(join(folder, entry.name));
    rmdirSync(folder);
  } catch {
    // In use still, or gone already.
  }
  return !existsSync(folder);
}
