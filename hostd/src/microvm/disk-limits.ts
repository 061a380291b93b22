import type { Qmp } from "./qmp.ts";

/** What one machine may read and write a second over all its drives, for long and for a second. */
const BYTES = { long: 64 * 2 ** 20, burst: 256 * 2 ** 20 };
const OPERATIONS = { long: 1_500, burst: 6_000 };

interface Block {
  /** The guest's device. */
  qdev: string;
  inserted?: { "node-name"?: string };
}

/**
 * Limits the drives of a running QEMU together. It does so itself: control groups of version 1 don't
 * count what is written through the page cache.
 */
export async function limitDisks(qmp: Qmp): Promise<void> {
  for (const { qdev, inserted } of await qmp.ask<Block[]>("query-block")) {
    // What all machines share, the examiner's drive, is small and in the host's memory.
    if (!/^(disk|drive\d+)$/.test(inserted?.["node-name"] ?? "")) continue;
    await qmp.ask("block_set_io_throttle", {
      id: qdev,
      group: "machine",
      bps: BYTES.long,
      bps_rd: 0,
      bps_wr: 0,
      bps_max: BYTES.burst,
      iops: OPERATIONS.long,
      iops_rd: 0,
      iops_wr: 0,
      iops_max: OPERATIONS.burst,
    });
  }
}
