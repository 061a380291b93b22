import type { MachineSpec } from "@agon/protocol/host";

/**
 * What a shell that was opened in a machine of the pool has taken from it, and keeps: the name in its
 * prompt, its user and their groups.
 */
export interface Look {
  /** Of the machine. */
  name: string;
  /** Whose shell it is. */
  user: string;
  /** All that the machine asks for, sorted. */
  users: string[];
}

/** Where a startup file may change what a shell reads when it begins, or has the machine booted once more. */
const NOT_AHEAD = /^\/+(etc|home|root|lib|usr\/lib)(\/|$)/;

/** The look of a machine; undefined when no shell can be as new as it should be before its spec is known. */
export function lookOf(machine: MachineSpec): Look | undefined {
  const { name, noSsh, welcome, welcomes, startupFiles } = machine;
  const user = machine.defaultUser || "root";
  if (noSsh || welcome || Object.values(welcomes).some(Boolean)) return undefined;
  if (startupFiles.some(({ path, extract }) => extract || NOT_AHEAD.test(path))) return undefined;
  return { name, user, users: [...new Set([...machine.users, user])].toSorted() };
}

export function sameLook(a: Look | undefined, b: Look | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
