import { cpus } from "node:os";
import type { MachineSpec } from "@agon/protocol/host";
import type { Shape } from "./qemu-line.ts";

/** Memory is given in steps of this, so that few shapes serve many machines. */
const MEMORY_STEP = 256;
const DEFAULT_MEMORY = 512;

/** The shape that serves a machine. @param kernel name of the default one. */
export function shapeOf(machine: MachineSpec, kernel: string): Shape {
  const wanted = machine.memoryBytes / 2 ** 20 || DEFAULT_MEMORY;
  return {
    image: machine.image,
    memoryMiB: Math.max(1, Math.ceil(wanted / MEMORY_STEP)) * MEMORY_STEP,
    cpus: Math.min(Math.max(1, machine.cpuCount), cpus().length),
    interfaces: machine.interfaces.length,
    kernel: machine.kernel || kernel,
    drives: machine.drives.map(({ readOnly, sizeBytes }) => ({
      readOnly: readOnly ? sizeBytes : undefined,
    })),
    rootPosition: machine.rootPosition,
  };
}
