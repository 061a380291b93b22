import { readFileSync, readdirSync, readlinkSync } from "node:fs";
import { createServer } from "node:net";

/** Ports that browsers and Node's fetch refuse to speak HTTP to, above 1023 (https://fetch.spec.whatwg.org/#port-blocking). */
const BLOCKED = new Set([
  1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669,
  6679, 6697, 10080,
]);

function free(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

/** Which process listens on a port, as far as /proc tells; "another process" else. */
export function holderOf(port: number): string {
  try {
    const hex = port.toString(16).toUpperCase().padStart(4, "0");
    const line = ["/proc/net/tcp", "/proc/net/tcp6"]
      .flatMap((file) => readFileSync(file, "utf8").split("\n"))
      .map((row) => row.trim().split(/\s+/))
      .find((row) => row[1]?.endsWith(`:${hex}`) && row[3] === "0A");
    if (!line) return "another process";
    for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
      try {
        for (const fd of readdirSync(`/proc/${pid}/fd`)) {
          if (readlinkSync(`/proc/${pid}/fd/${fd}`) === `socket:[${line[9]}]`) {
            return `${readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").slice(0, 3).join(" ").trim()} (pid ${pid})`;
          }
        }
      } catch {
        // The process ended, or belongs to somebody else.
      }
    }
  } catch {
    // No /proc: not Linux.
  }
  return "another process";
}

/** The first free port from `wanted` on, none of `taken`; tells who holds the wanted one. */
export async function freePort(name: string, wanted: number, taken: Set<number>): Promise<number> {
  for (let port = wanted; port < wanted + 500; port++) {
    if (taken.has(port)) continue;
    if (BLOCKED.has(port)) {
      if (port === wanted)
        process.stderr.write(`· browsers refuse port ${port} of ${name}; using a later one\n`);
      wanted++;
      continue;
    }
    if (await free(port)) {
      taken.add(port);
      if (port !== wanted)
        process.stderr.write(
          `· port ${wanted} of ${name} is taken by ${holderOf(wanted)}; using ${port}\n`,
        );
      return port;
    }
  }
  throw new Error(`no free port for ${name} between ${wanted} and ${wanted + 499}`);
}
