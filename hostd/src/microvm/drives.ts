import { closeSync, ftruncateSync, openSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import type { DriveSpec, MachineSpec } from "@agon/protocol/host";
import type { Existing } from "../machine-files.ts";
import { operation, type Operation } from "./guest-agent.ts";

/** File behind a machine's drive, besides the root drive's. */
export function driveFile(folder: string, index: number): string {
  return join(folder, `drive-${index}.raw`);
}

/**
 * Makes a drive: empty, sparse, with its filesystem; or with what an image has.
 * @param image disk of its source; such a drive is at least as large.
 */
export async function makeDrive(file: string, drive: DriveSpec, image?: string): Promise<void> {
  const { filesystem, sizeBytes } = drive;
  if (image) {
    await execa("cp", ["--sparse=always", "--reflink=auto", image, file]);
    if (sizeBytes > statSync(file).size) {
      truncateSync(file, sizeBytes);
      await execa("resize2fs", [file]);
    }
    // Two drives of one image are told apart, by whoever looks for them by their UUIDs.
    await execa("tune2fs", ["-U", "random", file]);
    return;
  }
  const handle = openSync(file, "w", 0o600);
  ftruncateSync(handle, sizeBytes);
  closeSync(handle);
  if (!filesystem) return;
  const quiet = filesystem.startsWith("ext") ? ["-q", "-F"] : ["-q", "-f"];
  await execa(`mkfs.${filesystem}`, [...quiet, file]);
}

/** Mounts a machine's drives, now and at each boot. @param fstab of the image. */
export function mountDrives(machine: MachineSpec, fstab: Existing | undefined): Operation[] {
  const mounts = machine.drives.flatMap(({ mount, filesystem, readOnly }, index) => {
    if (!mount) return [];
    const position = index < machine.rootPosition ? index : index + 1;
    const device = `/dev/vd${String.fromCharCode("a".charCodeAt(0) + position)}`;
    return [{ mount, filesystem, readOnly, device }];
  });
  if (mounts.length === 0) return [];
  const lines = mounts.map(
    ({ mount, filesystem, readOnly, device }) =>
      `${device} ${mount} ${filesystem} ${readOnly ? "ro" : "defaults"} 0 0\n`,
  );
  const whole = { mode: 0o644, uid: 0, gid: 0, target: "" };
  return [
    ...operation.file({
      ...whole,
      path: "/etc/fstab",
      kind: "file",
      content: Buffer.from(`${fstab?.content.toString() ?? ""}${lines.join("")}`),
    }),
    ...mounts.map(({ mount, filesystem, readOnly, device }) =>
      operation.mount(device, mount, filesystem, readOnly),
    ),
  ];
}
