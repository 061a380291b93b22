import { existsSync, readFileSync, realpathSync, statSync } from "node:fs";
import { basename, dirname } from "node:path";

/** What one container may read and write a second, in bytes and operations. */
const BYTES = 64 * 2 ** 20;
const OPERATIONS = 1_500;

/** The whole disk below a folder, as `/dev/NAME`; undefined when there is no single one (btrfs, a network). */
function diskBelow(folder: string): string | undefined {
  const { dev } = statSync(folder);
  // As glibc's major() and minor() read it.
  const major = ((dev >> 8) & 0xfff) | 0;
  const minor = (dev & 0xff) | (Math.floor(dev / 2 ** 12) & 0xfff00);
  const link = `/sys/dev/block/${major}:${minor}`;
  if (major === 0 || !existsSync(link)) return undefined;
  const device = realpathSync(link);
  // Only whole disks can be limited.
  const whole = existsSync(`${device}/partition`) ? dirname(device) : device;
  const name = /DEVNAME=(\S+)/.exec(readFileSync(`${whole}/uevent`, "utf8"))?.[1];
  return `/dev/${name ?? basename(whole)}`;
}

/**
 * Docker's limits of a container's block IO on the disk where the engine keeps its data. On cgroup v1
 * they hold for what bypasses the page cache or is read; what is written through it counts on v2 only.
 * @returns undefined where the disk can't be found or is on another computer.
 */
export function blockLimits(dockerRoot: string): Record<string, unknown> | undefined {
  const Path = existsSync(dockerRoot) ? diskBelow(dockerRoot) : undefined;
  if (!Path || !existsSync(Path)) return undefined;
  return {
    BlkioDeviceReadBps: [{ Path, Rate: BYTES }],
    BlkioDeviceWriteBps: [{ Path, Rate: BYTES }],
    BlkioDeviceReadIOps: [{ Path, Rate: OPERATIONS }],
    BlkioDeviceWriteIOps: [{ Path, Rate: OPERATIONS }],
  };
}
