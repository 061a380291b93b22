import type { Catalogue } from "@agon/content/model";
import type { MachineSpec } from "@agon/protocol/host";
import { machineSpec } from "./play-spec.ts";

/** Machines that people are likely to ask for: those of the base playgrounds, each kind once. */
export function expectedMachines({ playgrounds }: Catalogue): MachineSpec[] {
  const kinds = new Map<string, MachineSpec>();
  for (const { machines } of playgrounds.values())
    for (const machine of machines) {
      const spec = machineSpec("", machine, []);
      const { image, backend, kernel, cpuCount, memoryBytes, interfaces, drives } = spec;
      const kind = [image, backend, kernel, cpuCount, memoryBytes, interfaces.length];
      // What a drive holds is made with the machine: nothing of it could wait.
      if (drives.length === 0)
        kinds.set(kind.join(" "), { ...spec, startupFiles: [], welcome: "" });
    }
  return [...kinds.values()];
}
