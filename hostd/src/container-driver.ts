import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import Docker from "dockerode";
import type { NetworkSpec } from "@agon/protocol/host";
import type { Driver, MachineRef } from "./driver.ts";
import { machineArchive } from "./machine-files.ts";
import { createNetworks, listSpaces, plug, removeNetworks } from "./network.ts";

/** Where a hybrid (v1) host keeps systemd's own hierarchy. */
const NAMED_HIERARCHY = "/sys/fs/cgroup/systemd";
/** Processes of a machine at most. */
const PIDS = 512;

const status = (error: unknown) => (error as { statusCode?: number }).statusCode;

/** Machines as runc containers with systemd as their first process, without --privileged. */
export class ContainerDriver implements Driver {
  readonly backend = "container";
  readonly #docker: Docker;
  readonly #arena: string;
  readonly #host: string;
  readonly #images: Record<string, string>;
  readonly #examiner: string;

  constructor(options: {
    docker: Docker;
    arena: string;
    host: string;
    images: Record<string, string>;
    examinerFolder: string;
  }) {
    this.#docker = options.docker;
    this.#arena = options.arena;
    this.#host = options.host;
    this.#images = options.images;
    this.#examiner = options.examinerFolder;
  }

  #space(play: string): string {
    return `agon-${this.#arena}-${createHash("sha256").update(`${this.#host}/${play}`).digest("hex").slice(0, 10)}`;
  }

  #container(play: string, machine: string): string {
    return `agon-${this.#arena}-${play}-${machine}`;
  }

  #cgroup(play: string): string {
    return `agon-${this.#arena}-${play}`;
  }

  async prepare(play: string, networks: NetworkSpec[]): Promise<void> {
    await createNetworks(this.#space(play), networks);
  }

  async start(machine: MachineRef): Promise<void> {
    const { play, spec } = machine;
    const container = this.#docker.getContainer(this.#container(play, spec.name));
    mkdirSync(machine.socketFolder, { recursive: true, mode: 0o700 });
    const hybrid = existsSync(NAMED_HIERARCHY);
    const parent = `/${this.#cgroup(play)}/${spec.name}`;
    if (hybrid) mkdirSync(join(NAMED_HIERARCHY, parent), { recursive: true });
    const known = await container.inspect().catch((error: unknown) => {
      if (status(error) === 404) return undefined;
      throw error;
    });
    if (known?.State.Running) return;
    if (!known) {
      const image = this.#images[spec.image];
      if (!image)
        throw new Error(
          `this host has no image ${spec.image}; it has ${Object.keys(this.#images).join(", ")}`,
        );
      // CgroupnsMode is newer than the types of dockerode.
      const hostConfig: Docker.HostConfig & { CgroupnsMode: string } = {
        NetworkMode: "none",
        CgroupnsMode: "private",
        ...(hybrid ? { CgroupParent: parent } : {}),
        Binds: [
          `${this.#examiner}:/opt/agon:ro`,
          `${machine.socketFolder}:/opt/agon-host:ro`,
          ...(hybrid ? [`${join(NAMED_HIERARCHY, parent)}:/sys/fs/cgroup/systemd:rw`] : []),
        ],
        Tmpfs: {
          "/run": "mode=755,exec,size=64m",
          "/run/lock": "",
          "/tmp": "mode=1777,exec,size=256m",
        },
        ExtraHosts: this.#hosts(machine),
        Memory: spec.memoryBytes || 536_870_912,
        MemorySwap: spec.memoryBytes || 536_870_912,
        PidsLimit: PIDS,
        NanoCpus: Math.max(1, spec.cpuCount) * 1_000_000_000,
        CpuShares: 128,
        RestartPolicy: { Name: "no" },
        LogConfig: { Type: "json-file", Config: { "max-size": "1m", "max-file": "1" } },
      };
      await this.#docker.createContainer({
        name: this.#container(play, spec.name),
        Image: image,
        Hostname: spec.name,
        Cmd: ["/sbin/init"],
        Env: ["container=docker"],
        StopSignal: "SIGRTMIN+3",
        Tty: false,
        Labels: {
          "agon.arena": this.#arena,
          "agon.host": this.#host,
          "agon.play": play,
          "agon.machine": spec.name,
        },
        HostConfig: hostConfig,
      });
      await container.putArchive(await machineArchive(spec), { path: "/" });
    }
    await container.start().catch((error: unknown) => {
      if (status(error) !== 304) throw error;
    });
    const { State } = await container.inspect();
    await plug(this.#space(play), machine.networks, spec, machine.index, State.Pid);
    for (const file of spec.startupFiles.filter((one) => one.append && !known))
      await this.#append(container, file.path, Buffer.from(file.content));
  }

  #hosts(machine: MachineRef): string[] {
    return machine.spec.interfaces.length ? (machine.peers ?? []) : [];
  }

  async #append(container: Docker.Container, path: string, content: Buffer): Promise<void> {
    const exec = await container.exec({
      Cmd: [
        "sh",
        "-c",
        'mkdir -p "$(dirname "$1")"; printf %s "$2" | base64 -d >> "$1"',
        "sh",
        path,
        content.toString("base64"),
      ],
      AttachStdout: true,
    });
    const stream = await exec.start({});
    stream.resume();
    await new Promise((resolve) => stream.once("end", resolve));
  }

  async running(play: string): Promise<Set<string>> {
    const found = await this.#docker.listContainers({
      filters: {
        label: [`agon.arena=${this.#arena}`, `agon.host=${this.#host}`, `agon.play=${play}`],
      },
    });
    return new Set(found.map((one) => one.Labels["agon.machine"] ?? ""));
  }

  async destroy(play: string): Promise<void> {
    const found = await this.#docker.listContainers({
      all: true,
      filters: {
        label: [`agon.arena=${this.#arena}`, `agon.host=${this.#host}`, `agon.play=${play}`],
      },
    });
    await Promise.all(
      found.map((one) =>
        this.#docker
          .getContainer(one.Id)
          .remove({ force: true, v: true })
          .catch((error: unknown) => {
            if (![404, 409].includes(status(error) ?? 0)) throw error;
          }),
      ),
    );
    await removeNetworks(this.#space(play));
    for (const hierarchy of existsSync("/sys/fs/cgroup") ? readdirSync("/sys/fs/cgroup") : [])
      removeCgroup(join("/sys/fs/cgroup", hierarchy, this.#cgroup(play)));
  }

  async reap(known: Set<string>): Promise<string[]> {
    const found = await this.#docker.listContainers({
      all: true,
      filters: { label: [`agon.arena=${this.#arena}`, `agon.host=${this.#host}`] },
    });
    const unknown = new Set(
      found.map((one) => one.Labels["agon.play"] ?? "").filter((play) => play && !known.has(play)),
    );
    for (const play of unknown) await this.destroy(play);
    const spaces = new Set([...known].map((play) => this.#space(play)));
    for (const space of await listSpaces(`agon-${this.#arena}-`))
      if (!spaces.has(space)) await removeNetworks(space);
    return [...unknown];
  }
}

/** Removes the empty directories of a cgroup from below. */
function removeCgroup(folder: string): void {
  if (!existsSync(folder)) return;
  try {
    for (const entry of readdirSync(folder, { withFileTypes: true }))
      if (entry.isDirectory()) removeCgroup(join(folder, entry.name));
    rmdirSync(folder);
  } catch {
    // A process still ends in it: the next destroy or reap tries again.
  }
}
