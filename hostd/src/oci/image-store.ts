import { createWriteStream, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import type Docker from "dockerode";
import { lackingBytes } from "@agon/daemon/disk-room";
import type { Logger } from "@agon/daemon/log";
import type { RegistryCredential } from "@agon/protocol/host";
import { superfluous } from "../cache-room.ts";
import { readIfThere, writeWhole } from "../disk.ts";
import { dockerSaid } from "../docker.ts";
import { parseReference } from "./reference.ts";
import { RegistryClient, type ResolvedImage } from "./registry-client.ts";

/** Compressed and unpacked bytes of one image at most. */
const MAX_PULL = 4 * 2 ** 30;
const MAX_IMAGE = 12 * 2 ** 30;
/** Bytes of all pulled images that no machine was made of lately; above it the oldest go. */
const MAX_ALL = 24 * 2 ** 30;
/** Milliseconds without a sign of progress until a pull counts as stuck. */
const STUCK = 120_000;
/** What a machine's image must have, and the package of Debian that brings it. */
const NEEDED: [path: string, what: string][] = [
  ["/sbin/init", "an init (systemd-sysv)"],
  ["/lib/systemd/systemd", "systemd (systemd)"],
  ["/bin/bash", "bash (bash)"],
  ["/etc/passwd", "users (base-passwd)"],
];

/** An image in Docker. */
export interface PulledImage {
  /** `sha256:…` of its configuration, which holds the digests of all layers. */
  id: string;
  /** Unpacked. */
  bytes: number;
}

interface Use {
  usedAt: number;
  bytes: number;
}

type Told = (message: string) => void;

/**
 * Images of registries, in Docker's content-addressed store. That one is here says nothing about who
 * may use it: the registry is asked for every machine, as the owner of its play.
 */
export class ImageStore {
  readonly #docker: Docker;
  readonly #log: Logger;
  readonly #file: string;
  readonly #pulling = new Map<string, Promise<PulledImage>>();
  /** Marks what must not outlive this host's crash. */
  readonly #labels: Record<string, string>;
  /** By name: when it was used last, unix ms, and its bytes. */
  readonly #known: Record<string, Use>;

  /** @param labels of containers that are made to look into an image. */
  constructor(docker: Docker, folder: string, labels: Record<string, string>, log: Logger) {
    this.#docker = docker;
    this.#labels = labels;
    this.#log = log;
    mkdirSync(folder, { recursive: true });
    this.#file = join(folder, "pulled-images.json");
    this.#known = JSON.parse(readIfThere(this.#file) ?? "{}") as Record<string, Use>;
  }

  /**
   * The image of a reference, pulled when it is not here.
   * @param told called with the progress.
   * @throws Error in words for who waits.
   */
  async take(
    image: string,
    credentials: readonly RegistryCredential[],
    told: Told,
  ): Promise<PulledImage> {
    const reference = parseReference(image);
    told(`asking ${reference.registry} for ${reference.repository}`);
    const resolved = await new RegistryClient(reference, credentials).resolve();
    if (resolved.bytes > MAX_PULL)
      throw new Error(`${image} has ${gib(resolved.bytes)} of layers; at most ${gib(MAX_PULL)}`);
    const name = nameOf(resolved);
    // Once for all who may have it and wait at this moment.
    const pulled =
      this.#pulling.get(name) ??
      this.#ensure(resolved, credentials, told).finally(() => this.#pulling.delete(name));
    this.#pulling.set(name, pulled);
    const found = await pulled;
    this.#known[name] = { usedAt: Date.now(), bytes: found.bytes };
    writeWhole(this.#file, JSON.stringify(this.#known));
    await this.#collect(name);
    return found;
  }

  async #ensure(
    resolved: ResolvedImage,
    credentials: readonly RegistryCredential[],
    told: Told,
  ): Promise<PulledImage> {
    const name = nameOf(resolved);
    let found = await this.#inspect(name);
    if (!found) {
      const begun = performance.now();
      await this.#pull(resolved, credentials, told);
      found = await this.#inspect(name);
      if (!found) throw new Error(`Docker pulled ${name} and does not have it`);
      const ms = Math.round(performance.now() - begun);
      this.#log.info({ image: name, bytes: resolved.bytes, ms }, "image pulled");
    }
    if (found.bytes > MAX_IMAGE) {
      await this.#docker
        .getImage(name)
        .remove()
        .catch(() => undefined);
      throw new Error(`${name} unpacks to ${gib(found.bytes)}; at most ${gib(MAX_IMAGE)}`);
    }
    await this.#check(found.id, name);
    return found;
  }

  async #inspect(name: string): Promise<PulledImage | undefined> {
    try {
      const { Id, Size } = await this.#docker.getImage(name).inspect();
      return { id: Id, bytes: Size };
    } catch (error) {
      if (dockerSaid(error, 404)) return undefined;
      throw error;
    }
  }

  /** Pulls by digest: Docker checks manifest, configuration and layers against it. */
  async #pull(
    resolved: ResolvedImage,
    credentials: readonly RegistryCredential[],
    told: Told,
  ): Promise<void> {
    const { reference, bytes } = resolved;
    const credential = credentials.find(({ registry }) => registry === reference.registry);
    const stuck = new AbortController();
    let timer = setTimeout(() => stuck.abort(), STUCK);
    const done = new Map<string, number>();
    let tenths = 0;
    try {
      const stream = await this.#docker.pull(nameOf(resolved), {
        abortSignal: stuck.signal,
        ...(credential
          ? {
              authconfig: {
                username: credential.username,
                password: credential.password,
                serveraddress: reference.registry,
              },
            }
          : {}),
      });
      await new Promise<void>((resolve, reject) => {
        stuck.signal.addEventListener("abort", () =>
          (stream as never as { destroy(): void }).destroy(),
        );
        this.#docker.modem.followProgress(
          stream,
          (error) => (error ? reject(error) : resolve()),
          (event: { id?: string; status?: string; progressDetail?: { current?: number } }) => {
            clearTimeout(timer);
            timer = setTimeout(() => stuck.abort(), STUCK);
            if (event.status !== "Downloading" || !event.id) return;
            done.set(event.id, event.progressDetail?.current ?? 0);
            const sum = [...done.values()].reduce((a, b) => a + b, 0);
            // A few steps: each is an event of the play.
            if (sum < (tenths * bytes) / 10) return;
            tenths = Math.floor((10 * sum) / Math.max(1, bytes)) + 1;
            told(`pulling ${reference.repository}: ${mib(sum)} of ${mib(bytes)} MiB`);
          },
        );
      });
    } catch (error) {
      const why = stuck.signal.aborted ? "nothing came for two minutes" : (error as Error).message;
      throw new Error(`${reference.registry}/${reference.repository} could not be pulled: ${why}`, {
        cause: error,
      });
    } finally {
      clearTimeout(timer);
    }
  }

  /** @throws Error when machines can't be made of it, with what it lacks. */
  async #check(id: string, name: string): Promise<void> {
    const lacking: string[] = [];
    await this.#withContainer(id, async (container) => {
      for (const [path, what] of NEEDED) {
        try {
          await container.infoArchive({ path });
        } catch (error) {
          if (!dockerSaid(error, 404)) throw error;
          lacking.push(what);
        }
      }
    });
    if (lacking.length)
      throw new Error(
        `${name} can't be a machine: it lacks ${lacking.join(", ")}. Build it FROM an image of ./agon images export, or install these.`,
      );
  }

  /** Writes the files of an image as one tar. */
  async export(id: string, out: string): Promise<void> {
    await this.#withContainer(id, async (container) => {
      await pipeline(await container.export(), createWriteStream(out, { mode: 0o600 }));
    });
  }

  /** A container that is never started: the way in which Docker shows an image's files. */
  async #withContainer(
    id: string,
    use: (container: Docker.Container) => Promise<void>,
  ): Promise<void> {
    const container = await this.#docker.createContainer({
      Image: id,
      Entrypoint: ["/sbin/init"],
      Cmd: [],
      Labels: this.#labels,
      HostConfig: { NetworkMode: "none" },
    });
    try {
      await use(container);
    } finally {
      await container.remove({ force: true, v: true }).catch(() => undefined);
    }
  }

  /**
   * Removes images used longest ago, above the bound and where Docker's disk is nearly full; those
   * that containers use stay.
   */
  async #collect(but: string): Promise<void> {
    const all = Object.entries(this.#known).map(([name, { bytes, usedAt }]) => ({
      name,
      bytes,
      usedAt,
      inUse: () => name === but,
    }));
    const lacking = await this.#lacking();
    const goes = superfluous(all, { most: MAX_ALL, stays: 0, lacking });
    for (const { name } of goes) {
      try {
        // Not by force: that would take it from a machine that is off at this moment.
        await this.#docker.getImage(name).remove();
      } catch (error) {
        if (dockerSaid(error, 409)) continue;
        if (!dockerSaid(error, 404)) {
          this.#log.warn({ err: error, image: name }, "image could not be removed");
          continue;
        }
      }
      delete this.#known[name];
    }
    if (goes.length) writeWhole(this.#file, JSON.stringify(this.#known));
  }

  /** Bytes that Docker's disk lacks; 0 where Docker runs on another computer. */
  async #lacking(): Promise<number> {
    const { DockerRootDir: folder } = (await this.#docker.info()) as { DockerRootDir?: string };
    return folder && existsSync(folder) ? lackingBytes(folder) : 0;
  }
}

function nameOf({ reference, digest }: ResolvedImage): string {
  return `${reference.registry}/${reference.repository}@${digest}`;
}

const mib = (bytes: number) => Math.round(bytes / 2 ** 20);
const gib = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1)} GiB`;
