import { mkdirSync } from "node:fs";
import { cpus } from "node:os";
import { setTimeout as pause } from "node:timers/promises";
import type Docker from "dockerode";
import type { Logger } from "@agon/daemon/log";
import type { MachineSpec } from "@agon/protocol/host";
import type { ContainerCgroups, MachineLimits } from "./container-cgroups.ts";
import { dockerSaid } from "./docker.ts";
import type { Driver, MachinePlace, MachineUsage } from "./driver.ts";
import { ForkImages } from "./fork-images.ts";
import { putIdentity, putMachineFiles } from "./machine-files.ts";
import { hostPrefix, shortHash } from "./names.ts";
import type { PlayNetworks } from "./network.ts";

/** Processes of one machine at most. */
const PIDS = 512;
/** Seconds that a system gets to shut down before it is killed. */
const SHUT_DOWN = 20;

function limitsOf({ machine }: MachinePlace): MachineLimits {
  return {
    memory: machine.memoryBytes,
    cpus: Math.min(Math.max(1, machine.cpuCount), cpus().length),
    pids: PIDS,
  };
}

/** Machines as Docker containers (runc) with a real systemd, neither privileged nor with added capabilities. */
export class ContainerDriver implements Driver {
  readonly backend = "container";
  readonly #docker: Docker;
  readonly #log: Logger;
  readonly #arena: string;
  readonly #host: string;
  readonly #prefix: string;
  readonly #imageTags: Record<string, string>;
  readonly #examinerDir: string;
  readonly #networks: PlayNetworks;
  readonly #cgroups: ContainerCgroups;
  readonly #forkImages: ForkImages;
  /** Whether the storage driver limits disks; undefined until the first machine tells. */
  #quota: boolean | undefined;

  constructor(
    docker: Docker,
    log: Logger,
    options: {
      arena: string;
      host: string;
      networks: PlayNetworks;
      cgroups: ContainerCgroups;
      images: Record<string, string>;
      examinerDir: string;
    },
  ) {
    this.#docker = docker;
    this.#log = log;
    this.#arena = options.arena;
    this.#host = options.host;
    this.#prefix = hostPrefix(options.arena, options.host);
    this.#imageTags = options.images;
    this.#examinerDir = options.examinerDir;
    this.#networks = options.networks;
    this.#cgroups = options.cgroups;
    this.#forkImages = new ForkImages(docker, options.arena, options.host);
  }

  get images(): string[] {
    return Object.keys(this.#imageTags);
  }

  lacks({ drives, kernel }: MachineSpec): string | undefined {
    if (drives.length) return "a container has no drives of its own; use the backend microvm";
    if (kernel) return "a container has no kernel of its own; use the backend microvm";
    return undefined;
  }

  #container(place: MachinePlace): Docker.Container {
    return this.#docker.getContainer(this.#name(place));
  }

  #name(place: MachinePlace): string {
    return `${this.#prefix}-${shortHash(place.play)}-${place.machine.name}`;
  }

  async prepare(place: MachinePlace): Promise<void> {
    const { machine } = place;
    const image = this.#imageTags[machine.image];
    if (!image)
      throw new Error(
        `this host has no image ${machine.image}; it has: ${this.images.join(", ") || "none"}`,
      );
    const container = await this.#make(place, image);
    await putMachineFiles(container, machine);
  }

  /** Creates a machine of an image; what an attempt before left is removed. */
  async #make(place: MachinePlace, image: string): Promise<Docker.Container> {
    const { machine, play } = place;
    await this.#remove(this.#name(place));
    const group = await this.#cgroups.placement(play, machine.name);
    const limits = limitsOf(place);
    mkdirSync(place.socketDir, { recursive: true });
    const options = {
      name: this.#name(place),
      Image: image,
      Cmd: ["/sbin/init"],
      Hostname: machine.name,
      Env: ["container=docker"],
      StopSignal: "SIGRTMIN+3",
      Labels: {
        "agon.arena": this.#arena,
        "agon.host": this.#host,
        "agon.play": play,
        "agon.machine": machine.name,
      },
      HostConfig: {
        NetworkMode: "none",
        // Else the host's name servers would be readable inside.
        Dns: ["127.0.0.1"],
        ExtraHosts: place.hosts.map(({ name, address }) => `${name}:${address}`),
        CgroupnsMode: "private",
        CgroupParent: group.parent,
        Binds: [
          group.bind,
          `${this.#examinerDir}:/opt/agon:ro`,
          `${place.socketDir}:/opt/agon-host:ro`,
        ],
        Tmpfs: { "/run": "exec", "/run/lock": "", "/tmp": "exec" },
        PidsLimit: limits.pids,
        CpuShares: 512 * Math.max(1, machine.cpuCount),
        ...(group.cpuQuota ? { NanoCpus: limits.cpus * 1e9 } : {}),
        ...(limits.memory ? { Memory: limits.memory, MemorySwap: limits.memory } : {}),
        LogConfig: { Type: "json-file", Config: { "max-size": "1m", "max-file": "1" } },
      },
    };
    const container = await this.#create(options, machine.diskBytes);
    // Docker resolves binds whenever it opens the container, also to put files into it.
    await this.#cgroups.ready(play, machine.name, container, limits);
    return container;
  }

  /** With a quota where the storage driver has one; the first refusal is remembered, then written() tells. */
  async #create(
    options: Docker.ContainerCreateOptions,
    diskBytes: number,
  ): Promise<Docker.Container> {
    if (!diskBytes || this.#quota === false) return this.#docker.createContainer(options);
    const HostConfig = { ...options.HostConfig, StorageOpt: { size: String(diskBytes) } };
    try {
      const container = await this.#docker.createContainer({ ...options, HostConfig });
      this.#quota = true;
      return container;
    } catch (error) {
      if (this.#quota || !/storage-?opt|quota/i.test((error as Error).message)) throw error;
      this.#log.info({ why: (error as Error).message }, "no disk quotas: disks are watched");
      this.#quota = false;
      return this.#docker.createContainer(options);
    }
  }

  async written(): Promise<{ play: string; machine: string; bytes: number }[]> {
    if (this.#quota) return [];
    const list = (await this.#list(undefined, true)) as (Docker.ContainerInfo & {
      SizeRw?: number;
    })[];
    return list.map(({ Labels, SizeRw }) => ({
      play: Labels["agon.play"] ?? "",
      machine: Labels["agon.machine"] ?? "",
      bytes: SizeRw ?? 0,
    }));
  }

  async usage(place: MachinePlace): Promise<MachineUsage> {
    const container = this.#container(place);
    const [stats, inspected] = await Promise.all([
      container.stats({ stream: false, "one-shot": true }),
      container.inspect({ size: true } as never) as unknown as Promise<{ SizeRw?: number }>,
    ]);
    return {
      cpuSeconds: stats.cpu_stats.cpu_usage.total_usage / 1e9,
      memoryBytes: stats.memory_stats.usage ?? 0,
      pids: stats.pids_stats?.current ?? 0,
      diskBytes: inspected.SizeRw ?? 0,
    };
  }

  async start(place: MachinePlace): Promise<void> {
    const container = this.#container(place);
    // A restart of the computer empties both places.
    await this.#cgroups.ready(place.play, place.machine.name, container, limitsOf(place));
    mkdirSync(place.socketDir, { recursive: true });
    try {
      await container.start();
    } catch (error) {
      if (!dockerSaid(error, 304)) throw error;
    }
    const { State } = await container.inspect();
    if (!State.Running || !State.Pid) throw new Error("the machine ended right after its start");
    await this.#networks.plug(place, State.Pid);
  }

  async ended(place: MachinePlace): Promise<void> {
    for (;;) {
      try {
        await this.#container(place).wait({ condition: "not-running" });
        return;
      } catch (error) {
        if (dockerSaid(error, 404)) return;
        // Docker restarts: ask again until it answers.
        this.#log.debug({ err: error, play: place.play }, "waiting for Docker to answer");
        await pause(1_000);
      }
    }
  }

  /** Files are kept; what ran does not go on: a container has no memory that could be stored. */
  async suspend(places: MachinePlace[]): Promise<void> {
    await Promise.all(
      places.map(async (place) => {
        try {
          await this.#container(place).stop({ t: SHUT_DOWN });
        } catch (error) {
          // 304: it does not run.
          if (!dockerSaid(error, 304)) throw error;
        }
      }),
    );
  }

  whyNotCopied({ machine }: MachinePlace): string | undefined {
    return `machine ${machine.name} is a container, which can't be copied while it runs: pause the play, then fork it`;
  }

  async capture(places: MachinePlace[]): Promise<void> {
    throw new Error(this.whyNotCopied(places[0]!));
  }

  async keepCheckpoints(): Promise<void> {
    // There are none.
  }

  async clone(from: MachinePlace, to: MachinePlace): Promise<void> {
    const source = this.#container(from);
    using image = await this.#forkImages.of(source, to);
    const container = await this.#make(to, image.id);
    await putIdentity(container, to.machine);
  }

  async #remove(id: string): Promise<void> {
    try {
      await this.#docker.getContainer(id).remove({ force: true, v: true });
    } catch (error) {
      // 409: another removal of it is under way.
      if (!dockerSaid(error, 404, 409)) throw error;
    }
  }

  #list(play?: string, size = false): Promise<Docker.ContainerInfo[]> {
    const label = [`agon.arena=${this.#arena}`, `agon.host=${this.#host}`];
    if (play !== undefined) label.push(`agon.play=${play}`);
    return this.#docker.listContainers({ all: true, size, filters: { label } });
  }

  async destroy(play: string): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      const left = await this.#list(play);
      if (left.length === 0) break;
      if (attempt > 60) throw new Error(`Docker does not remove ${left[0]?.Names[0]}`);
      await Promise.all(left.map(({ Id }) => this.#remove(Id)));
      if (attempt > 0) await pause(500);
    }
    await this.#forkImages.sweep();
  }

  async reap(plays: Set<string>): Promise<void> {
    for (const { Id, Labels } of await this.#list())
      if (!plays.has(Labels["agon.play"] ?? "")) {
        this.#log.warn({ play: Labels["agon.play"], machine: Labels["agon.machine"] }, "reaped");
        await this.#remove(Id);
      }
    await this.#forkImages.sweep();
  }
}
