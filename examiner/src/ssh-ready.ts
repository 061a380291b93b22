import { readFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";

/** The kernel's tables of TCP sockets; the second is missing where IPv6 is. */
const TABLES = ["/proc/net/tcp", "/proc/net/tcp6"];
/** As the tables write them: port 22, and a socket that listens. */
const PORT = "0016";
const LISTENS = "0A";
/** Milliseconds between looks: the first ones while a machine starts, later ones for as long as it takes. */
const FIRST = 100;
const LAST = 2_000;

/** Whether a table of /proc/net has a socket that listens on sshd's port. */
export function listensOnSsh(table: string): boolean {
  return table.split("\n").some((line) => {
    const [, local, , state] = line.trim().split(/\s+/);
    return state === LISTENS && local?.split(":")[1] === PORT;
  });
}

/**
 * Resolves with true once sshd, or systemd for it, accepts connections; with false when it was told to stop. It
 * looks and does not connect: each connection would start an sshd, while somebody waits for their prompt.
 */
export async function sshReady(signal: AbortSignal): Promise<boolean> {
  for (let wait = FIRST; !signal.aborted; wait = Math.min(wait * 1.5, LAST)) {
    for (const path of TABLES)
      if (listensOnSsh(await readFile(path, "utf8").catch(() => ""))) return true;
    await pause(wait, undefined, { signal }).catch(() => undefined);
  }
  return false;
}
