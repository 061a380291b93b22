import { Fault } from "./fault.ts";

const ALL = ["microvm", "container", "gvisor"];
/** Without a word of the operator: gVisor is for those who ask for it. */
const USUAL = ["microvm", "container"];

/**
 * Backends of this computer's host, its default first: AGON_BACKENDS, else virtual machines and
 * containers. Tests have both, with containers as default: they are much faster where the processor
 * is emulated.
 * @throws Fault when AGON_BACKENDS names something else.
 */
export function wantedBackends(forTests = false): string[] {
  if (forTests) return ["container", "microvm", "gvisor"];
  const given = process.env["AGON_BACKENDS"];
  if (!given) return USUAL;
  const names = given.split(",").map((name) => name.trim());
  const unknown = names.find((name) => !ALL.includes(name));
  if (unknown !== undefined)
    throw new Fault(
      `AGON_BACKENDS names "${unknown}".\nUse microvm, container, gvisor, or several; the first is the default.`,
    );
  return [...new Set(names)];
}
