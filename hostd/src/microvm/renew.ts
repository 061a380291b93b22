import type { MachinePlace } from "../driver.ts";
import { operation, type GuestAgent, type Operation } from "./guest-agent.ts";
import type { HeldMachine } from "./held-machine.ts";
import { renewRunning } from "./renewal.ts";

/** Milliseconds that a renewal may take on a busy computer. */
export const RENEWAL = 30_000;
/** Milliseconds until a booted guest must have answered: several that boot at once on a busy computer take minutes. */
const BOOT = 240_000;

/**
 * Gives the running machine its identity.
 * @param once what is done besides, in the same call.
 * @returns ms of the call.
 */
export async function renew(
  place: MachinePlace,
  { agent }: HeldMachine,
  credential: Buffer,
  once: Operation[] = [],
): Promise<number> {
  await agent.ready(BOOT);
  const startedAt = performance.now();
  await agent.run([...renewRunning(place, credential), ...once], RENEWAL);
  await setClock(agent);
  return Math.round(performance.now() - startedAt);
}

/** Has a guest that went on from its memory do this, and sets its clock. @returns ms of the call. */
export async function renewAwake({ agent }: HeldMachine, operations: Operation[]): Promise<number> {
  const startedAt = performance.now();
  await agent.run(operations, RENEWAL);
  await setClock(agent);
  return Math.round(performance.now() - startedAt);
}

/** The time is as late as its way to the guest was long: sets it again until that was short. */
async function setClock(agent: GuestAgent): Promise<void> {
  for (let tries = 0; tries < 10; tries++) {
    const from = performance.now();
    await agent.run([operation.clock()], RENEWAL);
    if (performance.now() - from < 50) return;
  }
}

/**
 * Makes the disk as large as the machine's spec wants it, and tells the guest the size of its drives.
 * @returns whether the disk grew.
 */
export async function enlarge({ machine }: MachinePlace, { qmp }: HeldMachine): Promise<boolean> {
  // In the template they had another size: the same one again makes the device tell its own.
  for (const [index, { readOnly, sizeBytes }] of machine.drives.entries())
    if (!readOnly) await qmp.ask("block_resize", { "node-name": `drive${index}`, size: sizeBytes });
  const nodes = await qmp.ask<{ "node-name": string; image: { "virtual-size": number } }[]>(
    "query-named-block-nodes",
    { flat: true },
  );
  const now = nodes.find((node) => node["node-name"] === "disk")?.image["virtual-size"] ?? 0;
  const size = Math.floor(machine.diskBytes / 4096) * 4096;
  if (size <= now) return false;
  await qmp.ask("block_resize", { "node-name": "disk", size });
  return true;
}
