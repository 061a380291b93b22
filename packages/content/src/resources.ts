import type { Machine } from "./model.ts";

const MIB = 2 ** 20;
/** Caps of one play (spec 3.3.2, free tier); those of one machine are lower. */
const PLAY = { cpuCount: 5, memoryBytes: 8 * 2 ** 30 };

/** Machines that get less than they ask for where they ask for more than a play may have: all by the same factor. */
export function withinPlay(machines: Machine[]): Machine[] {
  const sum = (of: (machine: Machine) => number) =>
    machines.reduce((total, machine) => total + of(machine), 0);
  const memory = Math.min(1, PLAY.memoryBytes / sum(({ memoryBytes }) => memoryBytes));
  const cpus = Math.min(1, PLAY.cpuCount / sum(({ cpuCount }) => cpuCount));
  if (!(memory < 1) && !(cpus < 1)) return machines;
  return machines.map((machine) => ({
    ...machine,
    memoryBytes: Math.floor((machine.memoryBytes * memory) / MIB) * MIB,
    cpuCount: Math.max(1, Math.floor(machine.cpuCount * cpus)),
  }));
}
