import { existsSync, mkdirSync, readdirSync, rmdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

const ROOT = "/sys/fs/cgroup";
/** Weight of all machines for each processor of the host: that of one process outside of groups. */
const SHARES = 1_024;

/**
 * The control groups of machines on a host with cgroup v1: systemd in a container gets a folder of
 * its own in the named hierarchy, and nothing else of it. On cgroup v2 hosts Docker's private
 * cgroup namespace is used instead; that way is not verified.
 */
export class MachineCgroups {
  readonly #prefix: string;
  readonly #v2 = existsSync(join(ROOT, "cgroup.controllers"));
  readonly v1 = existsSync(join(ROOT, "systemd")) && !existsSync(join(ROOT, "cgroup.controllers"));
  /** Plays whose groups the kernel did not let go of in time; tried again with each further play. */
  readonly #left = new Set<string>();

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** Docker's CgroupParent of a machine. */
  parent(play: string, machine: string): string {
    return `/${this.#prefix}/${play}/${machine}`;
  }

  /**
   * All machines together weigh as one process on each processor. Without this they weigh as one on
   * the whole host, since their groups lie in one: then any busy process takes most of what 20
   * learners need. With more, bursts of checks keep what delivers their results from running: at
   * four each, `bench live` had twice the p99 from check to page, and hardly faster checks.
   */
  #weigh(): void {
    const folder = join(ROOT, "cpu", this.#prefix);
    try {
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, "cpu.shares"), String(SHARES * cpus().length));
    } catch {
      // No such controller on this host: then the default weight has to do.
    }
  }

  /** Makes the machine's folder in the named hierarchy and tells where it is. */
  ensure(play: string, machine: string): string {
    this.#left.delete(play);
    this.#weigh();
    const folder = join(ROOT, "systemd", this.parent(play, machine));
    mkdirSync(folder, { recursive: true });
    return folder;
  }

  /**
   * Puts a process into groups of its own with limits; controllers that this computer lacks are
   * left out. cgroup v2 is not verified.
   * @param limits bytes, processors, processes and threads.
   */
  confine(
    play: string,
    machine: string,
    pid: number,
    limits: { memory: number; cpus: number; pids: number },
  ): void {
    this.#left.delete(play);
    if (!this.#v2) this.#weigh();
    const { memory, cpus, pids } = limits;
    const period = 100_000;
    const settings: [string, [string, string][]][] = this.#v2
      ? [
          [
            "",
            [
              ["memory.max", String(memory)],
              ["cpu.max", `${cpus * period} ${period}`],
              ["pids.max", String(pids)],
            ],
          ],
        ]
      : [
          ["memory", [["memory.limit_in_bytes", String(memory)]]],
          [
            "cpu",
            [
              ["cpu.cfs_period_us", String(period)],
              ["cpu.cfs_quota_us", String(cpus * period)],
            ],
          ],
          ["pids", [["pids.max", String(pids)]]],
        ];
    for (const [controller, values] of settings) {
      if (!existsSync(join(ROOT, controller))) continue;
      const folder = join(ROOT, controller, this.parent(play, machine));
      mkdirSync(folder, { recursive: true });
      if (this.#v2)
        for (const parent of [ROOT, join(ROOT, this.#prefix), join(ROOT, this.#prefix, play)])
          writeFileSync(join(parent, "cgroup.subtree_control"), "+memory +cpu +pids");
      for (const [name, value] of values) writeFileSync(join(folder, name), value);
      writeFileSync(join(folder, "cgroup.procs"), String(pid));
    }
  }

  /** Lets everybody else go first where the processor is short: the least weight that there is. */
  yieldTo(play: string): void {
    const [folder, file, weight] = this.#v2
      ? [join(ROOT, this.#prefix, play), "cpu.weight", "1"]
      : [join(ROOT, "cpu", this.#prefix, play), "cpu.shares", "2"];
    if (existsSync(join(folder, file))) writeFileSync(join(folder, file), weight);
  }

  /** Removes the groups of a machine that left them or ended. */
  leave(play: string, machine: string): void {
    for (const folder of this.#hierarchies()) {
      removeEmpty(join(folder, play, machine));
      removeEmpty(join(folder, play));
    }
  }

  #hierarchies(): string[] {
    const all = existsSync(join(ROOT, "cgroup.controllers"))
      ? [ROOT]
      : readdirSync(ROOT).map((name) => join(ROOT, name));
    return all.map((folder) => join(folder, this.#prefix)).filter((folder) => existsSync(folder));
  }

  /**
   * Removes a play's control groups; the kernel needs a moment after the last process, and has been seen to
   * need more than 5 s. What is left then goes with a later play's.
   * @returns whether they are gone.
   */
  async remove(play: string): Promise<boolean> {
    this.#left.add(play);
    for (let attempt = 0; attempt < 50; attempt++) {
      for (const one of this.#left) if (this.#tryRemove(one)) this.#left.delete(one);
      if (!this.#left.has(play)) {
        // Fails, as it should, while another play has its groups there.
        for (const folder of this.#hierarchies()) removeEmpty(folder);
        return true;
      }
      await pause(100);
    }
    return false;
  }

  #tryRemove(play: string): boolean {
    const left = this.#hierarchies()
      .map((folder) => join(folder, play))
      .filter((folder) => existsSync(folder) && !removeTree(folder));
    return left.length === 0;
  }

  /** Removes the control groups of all plays but these. */
  async reap(plays: Set<string>): Promise<void> {
    for (const play of this.#plays()) if (!plays.has(play)) await this.remove(play);
  }

  #plays(): string[] {
    const names = this.#hierarchies().flatMap((folder) =>
      readdirSync(folder, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map((entry) => entry.name),
    );
    return [...new Set(names)];
  }
}

function removeEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // In use.
  }
}

function removeTree(folder: string): boolean {
  try {
    for (const entry of readdirSync(folder, { withFileTypes: true }))
      if (entry.isDirectory() && !removeTree(join(folder, entry.name))) return false;
    rmdirSync(folder);
    return true;
  } catch {
    return !existsSync(folder);
  }
}
