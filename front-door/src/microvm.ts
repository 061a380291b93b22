import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { artefact, digestOf } from "./artefact.ts";
import { cache, root } from "./paths.ts";
import { must, run } from "./run.ts";

const KERNEL = "linux-image-cloud-amd64";

/** Whether this start wants microVMs: `AGON_BACKENDS=container,microvm`. Tests always do. */
export function wantsMicrovms(forTests = false): boolean {
  return forTests || (process.env["AGON_BACKENDS"] ?? "").split(",").includes("microvm");
}

/** The Debian package with the kernel's files: the meta package depends on the newest one. */
async function kernelPackage(): Promise<string> {
  const { stdout } = await run("apt-cache", ["depends", KERNEL]);
  return /Depends: (linux-image-\d\S*)/.exec(stdout)?.[1] ?? KERNEL;
}

/**
 * Builds what microVMs boot, each part named by its content.
 * @param examiner folder of the examiner's artefact.
 * @param rootfs tar of the image debian-12.
 * @returns AGON_MICROVM of hostd, or "" when microVMs are not wanted.
 */
export async function microvmArtefacts(
  examiner: string,
  rootfs: string,
  forTests: boolean,
): Promise<string> {
  if (!wantsMicrovms(forTests)) return "";
  const guest = (name: string) => `hostd/guest/${name}`;
  const package_ = await kernelPackage();
  const kernel = await artefact(
    "microvm-kernel",
    digestOf(root, [guest("build-kernel.sh"), guest("init")], package_),
    (out) => must("sh", [guest("build-kernel.sh"), package_, out], { cwd: root }),
  );
  const drive = await artefact(
    "microvm-drive",
    digestOf(root, [guest("build-drive.sh"), guest("agon-guest.c")], basename(examiner)),
    (out) => must("sh", [guest("build-drive.sh"), examiner, out], { cwd: root }),
  );
  const disk = await artefact(
    "microvm-disk",
    digestOf(
      root,
      [guest("build-disk.sh"), "playgrounds/debian-12/image"],
      readFileSync(join(kernel, "version"), "utf8"),
    ),
    (out) => must("sh", [guest("build-disk.sh"), rootfs, kernel, out], { cwd: root }),
  );
  const templates = join(cache, "microvm-templates");
  if (!existsSync(templates)) mkdirSync(templates, { recursive: true, mode: 0o700 });
  const disks = { "debian-12": join(disk, "disk.raw") };
  return JSON.stringify({ kernel, drive, disks, templates, warm: [] });
}
