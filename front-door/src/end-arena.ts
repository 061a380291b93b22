import { readArenaFile } from "./arena-file.ts";
import { down } from "./down.ts";
import type { Place } from "./paths.ts";
import { removeRemains } from "./remains.ts";

/**
 * Stops an arena that was started for tests or a bench, also one that did not get as far as to serve, and
 * ends its machines: virtual ones of plays that are left, and of the pool, go on without their host.
 */
export async function endArena(place: Place): Promise<void> {
  await down(place);
  const known = readArenaFile(place);
  if (known) await removeRemains(known.id).catch(() => undefined);
}
