import { execa } from "execa";
import { nft } from "./egress/nft.ts";

/** What one machine may send and get by one cable; enough for any exercise, and too little to starve others. */
const MBIT = 200;
const PACKETS = 20_000;

/**
 * Limits the host's ends of a machine's cables in its play's namespace; again is the same. What comes to
 * the machine waits in a queue; what it sends beyond is dropped before any other part of the kernel
 * works on it.
 */
export async function limitCables(space: string, cables: string[]): Promise<void> {
  if (cables.length === 0) return;
  const queues = cables.map(
    (cable) => `qdisc replace dev ${cable} root tbf rate ${MBIT}mbit burst 256kb latency 50ms\n`,
  );
  await execa("tc", ["-n", space, "-batch", "-"], { input: queues.join("") });
  const chains = cables.map((cable) => {
    const name = `netdev agon from-${cable}`;
    const make = `add chain ${name} { type filter hook ingress device "${cable}" priority 0; policy accept; }\n`;
    const limits = [
      `limit rate over ${MBIT / 8} mbytes/second burst 1 mbytes drop`,
      `limit rate over ${PACKETS}/second burst 5000 packets drop`,
    ];
    // One of an earlier start may hang on a cable that is gone.
    const anew = `${make}flush chain ${name}\ndelete chain ${name}\n${make}`;
    return anew + limits.map((limit) => `add rule ${name} ${limit}\n`).join("");
  });
  await nft(space, `add table netdev agon\n${chains.join("")}`);
}
