import { Fault } from "./fault.ts";

const ALL = ["microvm", "container"];

/**
 * Backends of this computer's host, its default first: AGON_BACKENDS, else virtual machines and
 * containers. Tests have both, with containers as default: they are much faster where the processor
 * is emulated.
 * @throws Fault when AGON_BACKENDS names something else.
 */
export function wantedBackends(forTests = false): string[] {
  if (forTests) return ["container", "microvm"];
  const given = process.env["AGON_BACKENDS"];
  if (!given) return ALL;
  const names = given.split(",").map((name) => name.trim());
  const unknown = names.find((name) => !ALL.includes(name));
  if (unknown !== undefined)
    throw new Fault(
      `AGON_BACKENDS names "${unknown}".\nUse microvm, container, or both; the first is the default.`,
    );
  return [...new Set(names)];
}
