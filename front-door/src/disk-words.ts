import { FREE_FOR_COPIES, freeBytes } from "../../packages/daemon/src/disk-room.ts";

const GIB = 2 ** 30;
/** Below it something will be refused soon. */
const SCARCE = 6 * GIB;

/** For `up` and `status`: what a nearly full disk means, and what to do; empty = there is room. */
export function scarceDisk(folder: string): string {
  const free = freeBytes(folder);
  if (free >= SCARCE) return "";
  return `The disk of ${folder} has ${(free / GIB).toFixed(1)} GiB free: below ${FREE_FOR_COPIES / GIB} GiB running plays can't be copied and there is no way back to a check, and machines may stop with it full. Make room: delete paused plays, \`docker system prune\`, or what else fills it.`;
}
