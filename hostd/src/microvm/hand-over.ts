import { renameSync, rmSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import type { MachineCgroups } from "../cgroups.ts";
import type { MachinePlace } from "../driver.ts";
import { POOL, type PlayNetworks } from "../network.ts";
import { operation } from "./guest-agent.ts";
import { limitsOf } from "./machine-limits.ts";
import type { PoolMachine } from "./pool.ts";

/** Milliseconds in which a machine of the pool must answer. */
const ANSWER = 4_000;

/**
 * Makes a machine of the pool a play's: its process gets the play's control group, its taps the
 * play's networks, its sockets their folder, and it goes on.
 * @returns ms until it answered. @throws Error when it does not: then it is of no use.
 */
export async function handOver(
  place: MachinePlace,
  { held, sockets, taps, record }: PoolMachine,
  parts: { cgroups: MachineCgroups; networks: PlayNetworks; sockets: string },
): Promise<number> {
  const { cgroups, networks } = parts;
  const from = performance.now();
  try {
    cgroups.confine(place.play, place.machine.name, record.process!.pid, limitsOf(record.shape));
    rmSync(parts.sockets, { recursive: true, force: true });
    renameSync(sockets, parts.sockets);
    held.moved(parts.sockets);
    // It has no address before its renewal, so its networks may be there earlier than it answers.
    const late = new AbortController();
    await Promise.race([
      Promise.all([
        networks.takePoolTaps(place, taps),
        held.unpark().then(() => held.agent.run([operation.clock()], ANSWER)),
      ]),
      pause(ANSWER, undefined, { signal: late.signal }).then(() => {
        throw new Error(`the machine did not answer within ${ANSWER / 1_000} s`);
      }),
    ]).finally(() => late.abort());
    return Math.round(performance.now() - from);
  } finally {
    cgroups.leave(POOL, record.machine);
  }
}
