import { chmodSync, statSync } from "node:fs";

const TUN = "/dev/net/tun";
/** What udev gives it everywhere (50-udev-default.rules): making a tap needs rights, opening the device none. */
const MODE = 0o666;

/**
 * Lets unprivileged QEMUs attach to the taps that are theirs. Without udev, in a container for one,
 * the device is root's alone.
 * @throws Error when there is no such device, or this process may not change it.
 */
export function openTunDevice(): void {
  const { mode } = statSync(TUN);
  if ((mode & MODE) !== MODE) chmodSync(TUN, MODE);
}
