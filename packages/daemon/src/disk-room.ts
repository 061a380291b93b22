import { statfsSync } from "node:fs";

const GIB = 2 ** 30;
/** Of a disk, and bytes at least and at most, that caches leave to what people do. */
const SHARE = 0.1;
const LEAST = 6 * GIB;
const MOST = 16 * GIB;

/** Bytes that must be free on a host's disk for copies of running plays to be made. */
export const FREE_FOR_COPIES = 4 * GIB;

/** Bytes that unprivileged programs may still write where a folder lies. */
export function freeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

/**
 * Bytes that caches have to give back where a folder lies, until a tenth of that disk is free (6 to
 * 16 GiB, or AGON_FREE_GIB); 0 = enough is free. Without it a full disk ends the copies of running plays first.
 * @throws Error when AGON_FREE_GIB is no number of GiB.
 */
export function lackingBytes(folder: string): number {
  const { blocks, bsize } = statfsSync(folder);
  const given = process.env["AGON_FREE_GIB"];
  if (given && !/^\d{1,6}$/.test(given))
    throw new Error(`AGON_FREE_GIB is ${given}: give whole GiB that stay free, as 16`);
  const wanted = given
    ? Number(given) * GIB
    : Math.min(MOST, Math.max(LEAST, blocks * bsize * SHARE));
  return Math.max(0, wanted - freeBytes(folder));
}
