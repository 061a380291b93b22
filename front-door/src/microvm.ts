import { mkdirSync } from "node:fs";
import { basename, join } from "node:path";
import { artefact, digestOf } from "./artefact.ts";
import type { MachineImage } from "./images.ts";
import { cache, root } from "./paths.ts";
import { must, run } from "./run.ts";

/** Kernels that machines may ask for, by the Debian release that has them; the first is the default. */
const KERNELS: Record<string, string> = { "6.1": "bookworm", "6.12": "trixie" };

/** The kernel's package as this computer's apt knows it: a new one makes the kernels anew. */
async function newestPackage(): Promise<string> {
  const { stdout } = await run("apt-cache", ["depends", "linux-image-cloud-amd64"]);
  return /Depends: (linux-image-\d\S*)/.exec(stdout)?.[1] ?? "";
}

/**
 * Builds what microVMs boot, each part named by its content.
 * @param examiner folder of the examiner's artefact.
 * @returns AGON_MICROVM of hostd.
 */
export async function microvmArtefacts(examiner: string, images: MachineImage[]): Promise<string> {
  const guest = (name: string) => `hostd/guest/${name}`;
  const newest = await newestPackage();
  const kernels: Record<string, string> = {};
  for (const [name, release] of Object.entries(KERNELS))
    kernels[name] = await artefact(
      `microvm-kernel-${name}`,
      digestOf(root, [guest("build-kernel.sh"), guest("init")], newest),
      (out) => must("sh", [guest("build-kernel.sh"), release, out], { cwd: root }),
    );
  const drive = await artefact(
    "microvm-drive",
    digestOf(
      root,
      [
        guest("build-drive.sh"),
        guest("agon-guest.c"),
        guest("hand-back.c"),
        guest("read-memory.c"),
        guest("copy-live.c"),
      ],
      basename(examiner),
    ),
    (out) => must("sh", [guest("build-drive.sh"), examiner, out], { cwd: root }),
  );
  const tools = await artefact(
    "microvm-tools",
    digestOf(root, [guest("build-tools.sh"), guest("memory-delta.c"), guest("flush.c")]),
    (out) => must("sh", [guest("build-tools.sh"), out], { cwd: root }),
  );
  const kernelNames = Object.values(kernels).map((kernel) => basename(kernel));
  const disks: Record<string, string> = {};
  for (const { name, digest, rootfs } of images) {
    const disk = await artefact(
      `microvm-disk-${name}`,
      digestOf(root, [guest("build-disk.sh")], [digest, ...kernelNames].join(" ")),
      (out) =>
        must("sh", [guest("build-disk.sh"), rootfs, out, ...Object.values(kernels)], { cwd: root }),
    );
    disks[name] = join(disk, "disk.raw");
  }
  const templates = join(cache, "microvm-templates");
  mkdirSync(templates, { recursive: true, mode: 0o700 });
  const pulled = join(cache, "microvm-pulled");
  return JSON.stringify({ kernels, drive, tools, disks, pulled, templates });
}
