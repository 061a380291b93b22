import type { Challenge } from "@agon/content/model";

type Task = Challenge["tasks"][number];

/** Everything that decides what an init task does to its machine. */
const preparation = ({ name, machine, user, needs, env, run, failcheck, vars }: Task) =>
  JSON.stringify([name, machine, user, needs.toSorted(), env, run, failcheck, vars ?? {}]);

/**
 * What of a changed draft takes effect only in fresh machines: those that run were made and prepared
 * from the version that the play started with. In words; empty = everything is live.
 */
export function freshReasons(start: Challenge, now: Challenge): string[] {
  const reasons: string[] = [];
  const inits = (challenge: Challenge) =>
    new Map(challenge.tasks.filter(({ kind }) => kind === "init").map((task) => [task.name, task]));
  const [old, fresh] = [inits(start), inits(now)];
  for (const [name, task] of fresh) {
    const known = old.get(name);
    if (!known) reasons.push(`Init task ${name} is new and runs late`);
    else if (preparation(known) !== preparation(task)) reasons.push(`Init task ${name} changed`);
  }
  for (const name of old.keys()) if (!fresh.has(name)) reasons.push(`Init task ${name} is gone`);
  const machines = (challenge: Challenge) =>
    new Map(challenge.playground.machines.map((machine) => [machine.name, machine]));
  const [oldMachines, newMachines] = [machines(start), machines(now)];
  for (const [name, machine] of newMachines) {
    const known = oldMachines.get(name);
    if (!known) reasons.push(`Machine ${name} is new`);
    else if (JSON.stringify(known) !== JSON.stringify(machine))
      reasons.push(`Machine ${name} is described differently`);
  }
  for (const name of oldMachines.keys())
    if (!newMachines.has(name)) reasons.push(`Machine ${name} is gone`);
  const rest = ({ playground }: Challenge) =>
    JSON.stringify([playground.networks, playground.startupFiles ?? []]);
  if (rest(start) !== rest(now)) reasons.push("Networks or startup files changed");
  return reasons;
}
