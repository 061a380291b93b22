import {
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  rmdirSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import type Docker from "dockerode";
import { execa } from "execa";
import type { MachineCgroups } from "./cgroups.ts";

const ROOT = "/sys/fs/cgroup";
/** Milliseconds that systemd of the host has to take a play's slices away. */
const STOP = 10_000;

/** Limits of one machine: bytes (0 = none), processors, processes and threads. */
export interface MachineLimits {
  memory: number;
  cpus: number;
  pids: number;
}

/** Who makes control groups: this process on cgroup v1, else what Docker is set to (`native.cgroupdriver`). */
type Manager = "v1" | "cgroupfs" | "systemd";

interface About {
  manager: Manager;
  /** Whether the kernel can bound a group's processors; else Docker refuses to be asked for it. */
  cpuQuota: boolean;
}

/**
 * The control groups of containers whose PID 1 is systemd: it must be able to write one, and may
 * write only its own.
 *
 * Docker binds the container's control group read-only to /sys/fs/cgroup (v1: the named hierarchy to
 * /sys/fs/cgroup/systemd), and systemd gives up. So the same control group is bound over it, writable:
 * it is the root of the container's cgroup namespace, and of any other systemd could not tell which
 * process belongs to which unit. Its name has the container's id, which is known when binds can't be
 * told any more: what is bound is a link, set after the container's creation and again before each
 * start.
 *
 * The limits stay out of reach. On cgroup v1 the named hierarchy has none. On v2 `nsdelegate` protects
 * the own files of the namespace's root, and where Docker makes the groups itself (not systemd, which
 * always mounts so) the group above has the same limits.
 */
export class ContainerCgroups {
  readonly #docker: Docker;
  readonly #prefix: string;
  /** Folder of the links. */
  readonly #links: string;
  readonly #own: MachineCgroups;
  #known: Promise<About> | undefined;

  /** @param folder where links are made; no machine can write there. */
  constructor(docker: Docker, prefix: string, folder: string, own: MachineCgroups) {
    this.#docker = docker;
    this.#prefix = prefix;
    this.#links = join(folder, "cgroups");
    this.#own = own;
  }

  #about(): Promise<About> {
    this.#known ??= this.#docker.info().then(
      (info: { CgroupDriver?: string; CpuCfsQuota?: boolean }) => ({
        manager: this.#own.v1 ? "v1" : info.CgroupDriver === "systemd" ? "systemd" : "cgroupfs",
        cpuQuota: info.CpuCfsQuota !== false,
      }),
      (error: unknown) => {
        this.#known = undefined;
        throw error;
      },
    );
    return this.#known;
  }

  async #managed(): Promise<Manager> {
    return (await this.#about()).manager;
  }

  #link(play: string, machine: string): string {
    return join(this.#links, `${play}.${machine}`);
  }

  /** Names of nested slices: a dash in a slice's name means a level, so names lose theirs. */
  #slices(...names: string[]): string[] {
    const parts = [this.#prefix, ...names].map((name) => name.replaceAll("-", "_"));
    return parts.map((_, at) => `${parts.slice(0, at + 1).join("-")}.slice`);
  }

  /** What the container has to be created with: parent group, bind, and whether processors can be limited. */
  async placement(
    play: string,
    machine: string,
  ): Promise<{ parent: string; bind: string; cpuQuota: boolean }> {
    const { manager, cpuQuota } = await this.#about();
    const at = manager === "v1" ? `${ROOT}/systemd` : ROOT;
    const parent =
      manager === "systemd" ? this.#slices(play, machine).at(-1)! : this.#own.parent(play, machine);
    return { parent, bind: `${this.#link(play, machine)}:${at}:rw`, cpuQuota };
  }

  /** Makes the container's control group and sets the link to it: after its creation and before each start. */
  async ready(
    play: string,
    machine: string,
    container: Docker.Container,
    limits: MachineLimits,
  ): Promise<void> {
    const manager = await this.#managed();
    const { Id } = await container.inspect();
    const above =
      manager === "v1"
        ? this.#own.ensure(play, machine)
        : join(
            ROOT,
            ...(manager === "systemd"
              ? this.#slices(play, machine)
              : [this.#own.parent(play, machine)]),
          );
    const folder = join(above, manager === "systemd" ? `docker-${Id}.scope` : Id);
    mkdirSync(folder, { recursive: true });
    if (manager === "cgroupfs") this.#limit(play, above, limits);
    mkdirSync(this.#links, { recursive: true });
    const link = this.#link(play, machine);
    rmSync(link, { recursive: true, force: true });
    symlinkSync(folder, link);
  }

  /** Limits of a group; controllers that this computer lacks are left out. */
  #limit(play: string, group: string, { memory, cpus: processors, pids }: MachineLimits): void {
    const period = 100_000;
    const quota = Math.min(Math.max(1, processors), cpus().length) * period;
    for (const parent of [ROOT, join(ROOT, this.#prefix), join(ROOT, this.#prefix, play)])
      for (const controller of ["cpu", "memory", "pids"])
        write(join(parent, "cgroup.subtree_control"), `+${controller}`);
    write(join(group, "cpu.max"), `${quota} ${period}`);
    write(join(group, "pids.max"), String(pids));
    if (memory) write(join(group, "memory.max"), String(memory));
  }

  /** Removes a play's control groups and links. @returns whether nothing is left. */
  async remove(play: string): Promise<boolean> {
    for (const name of existsSync(this.#links) ? readdirSync(this.#links) : [])
      if (name.startsWith(`${play}.`)) rmSync(join(this.#links, name), { force: true });
    try {
      rmdirSync(this.#links);
    } catch {
      // Other plays have links, or there are none.
    }
    if ((await this.#managed()) === "systemd") return this.#stop(this.#slices(play).at(-1)!);
    return this.#own.remove(play);
  }

  /** Removes the control groups of all plays but these. */
  async reap(plays: Set<string>): Promise<void> {
    if ((await this.#managed()) !== "systemd") return this.#own.reap(plays);
    const known = new Set([...plays].map((play) => this.#slices(play).at(-1)!));
    const folder = join(ROOT, this.#slices()[0]!);
    for (const name of existsSync(folder) ? readdirSync(folder) : [])
      if (name.endsWith(".slice") && !known.has(name)) await this.#stop(name);
  }

  /** Ends a play's slice: an empty one stays until somebody does. @returns whether it is gone. */
  async #stop(slice: string): Promise<boolean> {
    const stop = (name: string) =>
      execa("systemctl", ["stop", name], { reject: false, timeout: STOP });
    const [base] = this.#slices();
    const folder = join(ROOT, base!);
    const slices = () =>
      existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".slice")) : [];
    await stop(slice);
    if (slices().length === 0) await stop(base!);
    return !slices().includes(slice);
  }
}

function write(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch {
    // The host lacks this controller: Docker says so, too, and goes on without.
  }
}
