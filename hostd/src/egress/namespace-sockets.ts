import { fork } from "node:child_process";
import { Socket } from "node:dgram";
import { Server } from "node:net";
import { join } from "node:path";

/** Milliseconds that the helper may take on a busy computer. */
const PATIENCE = 20_000;

/** A datagram socket and a listening one at the same port. */
export interface PortPair {
  udp: Socket;
  tcp: Server;
}

/**
 * Opens a port in a network namespace. A process can't enter one for a moment, since that is done by
 * thread; so a helper opens the sockets there, hands them over and ends. They stay where they were made.
 */
export function socketsIn(space: string, port: number): Promise<PortPair> {
  return new Promise((resolve, reject) => {
    const helper = fork(join(import.meta.dirname, "open-sockets.ts"), [String(port)], {
      execPath: "nsenter",
      execArgv: [
        `--net=/run/netns/${space}`,
        "--",
        process.execPath,
        "--disable-warning=ExperimentalWarning",
      ],
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    const timer = setTimeout(() => helper.kill("SIGKILL"), PATIENCE);
    let udp: Socket | undefined;
    let tcp: Server | undefined;
    let said = "";
    helper.stderr?.on("data", (part: Buffer) => (said = (said + part.toString()).slice(-500)));
    helper.on("message", (_, handle) => {
      if (handle instanceof Socket) udp = handle;
      if (handle instanceof Server) tcp = handle;
      if (!udp || !tcp) return;
      clearTimeout(timer);
      helper.disconnect();
      resolve({ udp, tcp });
    });
    helper.once("error", reject);
    helper.once("exit", (code, signal) => {
      clearTimeout(timer);
      if (udp && tcp) return;
      udp?.close();
      tcp?.close();
      reject(new Error(`port ${port} in ${space} can't be opened (${signal ?? code}): ${said}`));
    });
  });
}
