import { mkdirSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import type Docker from "dockerode";
import type { Logger } from "@agon/daemon/log";
import type { MachineSpec } from "@agon/protocol/host";
import type { TaskSpec } from "@agon/protocol/machine";
import { blockLimits } from "./block-limits.ts";
import type { ContainerCgroups } from "./container-cgroups.ts";
import type { ContainerKind } from "./container-kind.ts";
import { dockerSaid } from "./docker.ts";
import type { Driver, MachinePlace, MachineUsage, Tell } from "./driver.ts";
import { ForkImages } from "./fork-images.ts";
import { boundMemory } from "./group-memory.ts";
import { putIdentity, putMachineFiles } from "./machine-files.ts";
import { hostPrefix, shortHash } from "./names.ts";
import { nameServer, type PlayNetworks } from "./network.ts";
import { holderName, networkHolder } from "./network-holder.ts";
import type { ImageStore } from "./oci/image-store.ts";
import { isReference } from "./oci/reference.ts";

/** Seconds that a system gets to shut down before it is killed. */
const SHUT_DOWN = 20;

/** Machines as Docker containers of one kind, neither privileged nor with added capabilities. */
export class ContainerDriver implements Driver {
  readonly #kind: ContainerKind;
  readonly #docker: Docker;
  readonly #log: Logger;
  readonly #arena: string;
  readonly #host: string;
  readonly #prefix: string;
  readonly #imageTags: Record<string, string>;
  readonly #examinerDir: string;
  readonly #store: ImageStore;
  readonly #networks: PlayNetworks;
  readonly #cgroups: ContainerCgroups;
  readonly #forkImages: ForkImages;
  /** Whether the storage driver limits disks; undefined until the first machine tells. */
  #quota: boolean | undefined;

  constructor(
    docker: Docker,
    log: Logger,
    kind: ContainerKind,
    options: {
      arena: string;
      host: string;
      networks: PlayNetworks;
      cgroups: ContainerCgroups;
      images: Record<string, string>;
      store: ImageStore;
      examinerDir: string;
    },
  ) {
    this.#docker = docker;
    this.#log = log;
    this.#kind = kind;
    this.#arena = options.arena;
    this.#host = options.host;
    this.#prefix = hostPrefix(options.arena, options.host);
    this.#imageTags = options.images;
    this.#store = options.store;
    this.#examinerDir = options.examinerDir;
    this.#networks = options.networks;
    this.#cgroups = options.cgroups;
    this.#forkImages = new ForkImages(docker, options.arena, options.host);
  }

  get backend(): string {
    return this.#kind.backend;
  }

  readonly kernels = [];

  get images(): string[] {
    return Object.keys(this.#imageTags);
  }

  lacks(machine: MachineSpec, tasks: TaskSpec[]): string | undefined {
    return this.#kind.lacks(machine, tasks);
  }

  #container(place: MachinePlace): Docker.Container {
    return this.#docker.getContainer(this.#name(place));
  }

  #name(place: MachinePlace): string {
    return `${this.#prefix}-${shortHash(place.play)}-${place.machine.name}`;
  }

  async #image({ machine, credentials }: MachinePlace, told: Tell): Promise<string> {
    if (isReference(machine.image))
      return (await this.#store.take(machine.image, credentials, told)).id;
    const image = this.#imageTags[machine.image];
    if (image) return image;
    throw new Error(
      `this host has no image ${machine.image}; it has: ${this.images.join(", ") || "none"}`,
    );
  }

  async prepare(place: MachinePlace, told: Tell): Promise<void> {
    const container = await this.#make(place, await this.#image(place, told));
    await putMachineFiles(container, place);
  }

  /** Creates a machine of an image; what an attempt before left is removed. */
  async #make(place: MachinePlace, image: string): Promise<Docker.Container> {
    const { machine, play } = place;
    await this.#remove(this.#name(place));
    const group = await this.#cgroups.placement(play, machine.name);
    const limits = this.#kind.limits(place);
    const memory = this.#kind.memoryInside?.(place) ?? limits.memory;
    const own = this.#kind.options(place, group.bind);
    mkdirSync(place.socketDir, { recursive: true });
    const options = {
      // An image of a registry may name others.
      Entrypoint: [],
      User: "root",
      WorkingDir: "/",
      Healthcheck: { Test: ["NONE"] },
      ...own,
      name: this.#name(place),
      Image: image,
      Hostname: machine.name,
      Labels: {
        "agon.arena": this.#arena,
        "agon.host": this.#host,
        "agon.play": play,
        "agon.machine": machine.name,
      },
      HostConfig: {
        ...own.HostConfig,
        NetworkMode: "none",
        // Else the host's name servers would be readable inside.
        Dns: [nameServer(place) ?? "127.0.0.1"],
        ExtraHosts: place.hosts.map(({ name, address }) => `${name}:${address}`),
        CgroupParent: group.parent,
        Binds: [
          ...(own.HostConfig?.Binds ?? []),
          `${this.#examinerDir}:/opt/agon:ro`,
          `${place.socketDir}:/opt/agon-host:ro`,
        ],
        PidsLimit: limits.pids,
        CpuShares: 512 * Math.max(1, machine.cpuCount),
        ...(group.cpuQuota ? { NanoCpus: limits.cpus * 1e9 } : {}),
        ...(memory ? { Memory: memory, MemorySwap: memory } : {}),
        ...blockLimits(await this.#root()),
        LogConfig: { Type: "json-file", Config: { "max-size": "1m", "max-file": "1" } },
      },
    };
    const container = await this.#create(
      this.#kind.ownNetwork ? options : await this.#held(options),
      machine.diskBytes,
    );
    // Docker resolves binds whenever it opens the container, also to put files into it.
    await this.#cgroups.ready(play, machine.name, container, limits);
    return container;
  }

  /** Makes the container that holds the network. @returns the options of the one that uses it. */
  async #held(options: Docker.ContainerCreateOptions): Promise<Docker.ContainerCreateOptions> {
    const holder = networkHolder(options);
    await this.#remove(holder.name!);
    await this.#docker.createContainer(holder);
    // Of these Docker takes none beside another container's network.
    const { Hostname: _, HostConfig = {}, ...rest } = options;
    const { Dns: _dns, ExtraHosts: _hosts, ...more } = HostConfig;
    return { ...rest, HostConfig: { ...more, NetworkMode: `container:${holder.name}` } };
  }

  /** Where the engine keeps containers' files. */
  async #root(): Promise<string> {
    this.#dockerRoot ??= ((await this.#docker.info()) as { DockerRootDir?: string }).DockerRootDir;
    return this.#dockerRoot ?? "";
  }
  #dockerRoot: string | undefined;

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
      pids: (await this.#kind.pids?.(container)) ?? stats.pids_stats?.current ?? 0,
      diskBytes: inspected.SizeRw ?? 0,
    };
  }

  async start(place: MachinePlace): Promise<void> {
    const container = this.#container(place);
    // A restart of the computer empties both places.
    const limits = this.#kind.limits(place);
    await this.#cgroups.ready(place.play, place.machine.name, container, limits);
    mkdirSync(place.socketDir, { recursive: true });
    if (this.#kind.ownNetwork) return this.#networks.plug(place, await this.#run(container));
    const holder = this.#docker.getContainer(holderName(this.#name(place)));
    await this.#networks.plug(place, await this.#run(holder));
    const pid = await this.#run(container);
    if (limits.memory && this.#kind.memoryInside) boundMemory(pid, limits.memory);
  }

  /** Starts a container that does not run yet. @returns its first process. */
  async #run(container: Docker.Container): Promise<number> {
    try {
      await container.start();
    } catch (error) {
      if (!dockerSaid(error, 304)) throw error;
    }
    const { State } = await container.inspect();
    if (!State.Running || !State.Pid) throw new Error("the machine ended right after its start");
    return State.Pid;
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
          if (!this.#kind.ownNetwork)
            await this.#docker.getContainer(holderName(this.#name(place))).stop();
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
