import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from "node:fs";
import { basename, join } from "node:path";
import { execa } from "execa";
import type { Logger } from "@agon/daemon/log";
import type { ImageStore, PulledImage } from "../oci/image-store.ts";
import type { MicrovmArtefacts } from "./artefacts.ts";
import { collectFolders } from "./cache-folder.ts";
import { durableFolder } from "./durable.ts";
import { removeDockerTraces, TRACES } from "./docker-traces.ts";
import { ImageFiles } from "./image-files.ts";
import { markUsed } from "./used-by.ts";

const SCRIPT = join(import.meta.dirname, "../../guest/build-disk.sh");
/** Bytes on the computer that disks of pulled images take at most; used ones stay in any case. */
const MAX_BYTES = 24 * 2 ** 30;
/** Room of a disk beside its image: what every image of ours has at least. */
const LEAST = 2 * 2 ** 30;

/** Disks that microVMs begin with: those of the host's own images, and those made of pulled ones. */
export class DiskImages {
  readonly #artefacts: MicrovmArtefacts;
  readonly #log: Logger;
  readonly #files = new Map<string, ImageFiles>();
  /** One at a time: each keeps a processor busy. */
  #making: Promise<unknown> = Promise.resolve();

  constructor(artefacts: MicrovmArtefacts, log: Logger) {
    this.#artefacts = artefacts;
    this.#log = log;
    this.own = Object.keys(artefacts.disks);
    mkdirSync(artefacts.pulled, { recursive: true, mode: 0o700 });
    // Machines that this host has already boot from them.
    for (const name of readdirSync(artefacts.pulled))
      if (!name.startsWith(".")) artefacts.disks[name] = this.#disk(name);
  }

  /** Names of the host's own images: the only ones that a manifest may name. */
  readonly own: string[];

  #disk(name: string): string {
    return join(this.#artefacts.pulled, name, "disk.raw");
  }

  /** Files of an image. */
  files(name: string): ImageFiles {
    const disk = this.#artefacts.disks[name];
    if (!disk) throw new Error(`this host has no disk of ${name}`);
    const files = this.#files.get(name) ?? new ImageFiles(disk);
    this.#files.set(name, files);
    return files;
  }

  /**
   * The disk of a pulled image, made at the first call.
   * @param user folder of the machine that boots from it: the disk stays while that is there.
   * @returns its name, as machines of the host's own images have one.
   */
  async of(
    image: PulledImage,
    store: ImageStore,
    user: string,
    told: (message: string) => void,
  ): Promise<string> {
    const kernels = Object.values(this.#artefacts.kernels);
    const hash = createHash("sha256").update(image.id).update(readFileSync(SCRIPT)).update(TRACES);
    for (const kernel of kernels) hash.update(basename(kernel));
    const name = `oci-${hash.digest("hex").slice(0, 16)}`;
    const made = this.#making.then(async () => {
      const folder = join(this.#artefacts.pulled, name);
      if (!existsSync(this.#disk(name))) {
        told("making a disk of the image");
        this.collect();
        await this.#make(image, store, folder, kernels);
      }
      utimesSync(folder, new Date(), new Date());
      markUsed(folder, user);
      this.#artefacts.disks[name] = this.#disk(name);
    });
    this.#making = made.catch(() => undefined);
    await made;
    return name;
  }

  async #make(
    image: PulledImage,
    store: ImageStore,
    folder: string,
    kernels: string[],
  ): Promise<void> {
    const begun = performance.now();
    const fresh = join(this.#artefacts.pulled, `.${basename(folder)}-${process.pid}`);
    rmSync(fresh, { recursive: true, force: true });
    mkdirSync(fresh, { mode: 0o700 });
    try {
      const tar = join(fresh, "rootfs.tar");
      await store.export(image.id, tar);
      const room = Math.max(
        LEAST,
        Math.ceil((statSync(tar).size * 1.25) / 2 ** 30 + 0.5) * 2 ** 30,
      );
      await execa("sh", [SCRIPT, tar, join(fresh, "out"), ...kernels], {
        env: { AGON_DISK_BYTES: String(room) },
      });
      await removeDockerTraces(join(fresh, "out/disk.raw"), fresh);
      // Whole after a power loss, or not there.
      await durableFolder(this.#artefacts.tools, join(fresh, "out"));
      if (!existsSync(folder)) renameSync(join(fresh, "out"), folder);
      const ms = Math.round(performance.now() - begun);
      this.#log.info({ image: image.id, disk: basename(folder), ms }, "disk made of an image");
    } finally {
      rmSync(fresh, { recursive: true, force: true });
    }
  }

  /** Keeps the disks of pulled images within their bound; those that machines boot from stay. */
  collect(): void {
    const bound = { most: MAX_BYTES, stays: 0, partial: 3_600_000 };
    for (const name of collectFolders(this.#artefacts.pulled, bound, this.#log)) {
      delete this.#artefacts.disks[name];
      this.#files.delete(name);
    }
  }
}
