import type { MachineSpec } from "@agon/protocol/host";
import type { Driver } from "./driver.ts";

/** What content may write, besides the names of drivers. */
const MEANING: Record<string, string> = { firecracker: "microvm", "cloud-hypervisor": "microvm" };

/** The backends of this host. The first is used where a machine asks for none. */
export class Drivers {
  readonly all: readonly [Driver, ...Driver[]];

  constructor(first: Driver, ...others: Driver[]) {
    this.all = [first, ...others];
  }

  /** Names of the backends, the default first. */
  get backends(): string[] {
    return this.all.map(({ backend }) => backend);
  }

  /** The driver for a machine, or undefined when this host has no such backend. */
  find({ backend }: Pick<MachineSpec, "backend">): Driver | undefined {
    if (!backend) return this.all[0];
    return this.all.find((driver) => driver.backend === (MEANING[backend] ?? backend));
  }

  /** Images that machines of any backend can be made of. */
  get images(): string[] {
    return [...new Set(this.all.flatMap(({ images }) => images))];
  }

  /** Bytes that machines wrote over their images, where nothing but a look limits them. */
  async written(): Promise<{ play: string; machine: string; bytes: number }[]> {
    return (await Promise.all(this.all.map((driver) => driver.written()))).flat();
  }

  async destroy(play: string): Promise<void> {
    for (const driver of this.all) await driver.destroy(play);
  }

  async reap(plays: Set<string>): Promise<void> {
    for (const driver of this.all) await driver.reap(plays);
  }
}
