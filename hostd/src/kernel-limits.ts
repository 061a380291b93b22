import { readFileSync, writeFileSync } from "node:fs";
import type { Logger } from "@agon/daemon/log";

/**
 * Limits of the kernel that all machines share, since root in a container is the same user as root of the
 * host: systemd and the examiner of each machine take some ten inotify instances, and the default of 128
 * for a user ends at a dozen machines. Then units fail and boots take minutes.
 */
const WANTED: Record<string, number> = {
  "/proc/sys/fs/inotify/max_user_instances": 16_384,
  "/proc/sys/fs/inotify/max_user_watches": 1_048_576,
};

/** Raises limits that are lower; never lowers one. What may not be written is told in the log. */
export function raiseKernelLimits(log: Logger): void {
  for (const [path, wanted] of Object.entries(WANTED)) {
    try {
      const now = Number(readFileSync(path, "utf8"));
      if (now >= wanted) continue;
      writeFileSync(path, String(wanted));
      log.info({ path, from: now, to: wanted }, "raised a limit of the kernel");
    } catch (error) {
      log.warn({ path, wanted, why: (error as Error).message }, "a limit of the kernel stays low");
    }
  }
}
