import { spawn } from "node:child_process";
import { Duplex } from "node:stream";

/** As whom connections into a play's networks are made: the firewall there lets nobody else begin one. */
export const DIALER_UID = 0x6000_0001;

/** Seconds until a connection must be there, and without a byte until it is given up. */
const CONNECT = 10;
const IDLE = 3_600;

/**
 * A TCP connection from inside a network namespace to an address there. hostd itself can't enter one, since that
 * is done by thread; a small program without any rights carries the bytes. It ends with the stream.
 */
export function dial(space: string, address: string, port: number): Duplex {
  const user = `--reuid=${DIALER_UID} --regid=${DIALER_UID} --clear-groups`;
  const rights = "--no-new-privs --inh-caps=-all --bounding-set=-all";
  const carry = `socat -t 30 -T ${IDLE} - TCP4:${address}:${port},connect-timeout=${CONNECT},nodelay`;
  const carrier = spawn(
    "nsenter",
    `--net=/run/netns/${space} -- setpriv ${user} ${rights} ${carry}`.split(" "),
    {
      stdio: ["pipe", "pipe", "ignore"],
      cwd: "/",
      env: { PATH: `${process.env["PATH"]}:/usr/sbin:/sbin` },
    },
  );
  const stream = Duplex.from({ readable: carrier.stdout, writable: carrier.stdin });
  carrier.on("error", (error) => stream.destroy(error));
  // A connection that was refused ends without a byte; whoever reads sees the end.
  carrier.stdin.on("error", () => undefined);
  stream.on("error", () => undefined);
  stream.once("close", () => carrier.kill("SIGKILL"));
  return stream;
}
