import type { Duplex } from "node:stream";
import type { Logger } from "@agon/daemon/log";
import type { MachineSpec, SourcesReply, StartPlayRequest } from "@agon/protocol/host";
import type { Driver, MachinePlace } from "./driver.ts";
import type { PlayNetworks } from "./network.ts";
import type { PlayRegistries } from "./play-registry/registries.ts";

/** What content of the origin writes: a wish, since its folders must run on any host. */
const MEANING: Record<string, string> = { firecracker: "microvm", "cloud-hypervisor": "microvm" };

/** What the machines of a play share: it goes when the last of them is gone, of whatever backend. */
interface Shared {
  networks: PlayNetworks;
  registries: PlayRegistries | undefined;
  /** Control groups, as each backend's host makes them. */
  groups: readonly Groups[];
  log: Logger;
}

interface Groups {
  /** Removes a play's control groups. @returns whether nothing is left. */
  remove(play: string): Promise<boolean>;
  reap(plays: Set<string>): Promise<void>;
}

/** The backends of this host. The first is used where a machine asks for none. */
export class Drivers {
  readonly all: readonly [Driver, ...Driver[]];
  readonly #shared: Shared;

  constructor(shared: Shared, first: Driver, ...others: Driver[]) {
    this.#shared = shared;
    this.all = [first, ...others];
  }

  /** Names of the backends, the default first. */
  get backends(): string[] {
    return this.all.map(({ backend }) => backend);
  }

  /** The driver for a machine, or undefined when this host has no such backend. */
  find({ backend }: Pick<MachineSpec, "backend">): Driver | undefined {
    if (!backend) return this.all[0];
    const meant = MEANING[backend];
    const found = this.all.find((driver) => driver.backend === (meant ?? backend));
    return found ?? (meant === undefined ? undefined : this.all[0]);
  }

  /** What a play as a whole asks for and this host has not, in words. */
  lacks(spec: StartPlayRequest): string | undefined {
    return this.#shared.networks.lacks(spec);
  }

  /** Images that machines of any backend can be made of. */
  get images(): string[] {
    return [...new Set(this.all.flatMap(({ images }) => images))];
  }

  /** What machines can be made of: images with the backends that have them, and kernels. */
  sources(): SourcesReply {
    return {
      sources: this.images.map((name) => ({
        name,
        backends: this.all
          .filter(({ images }) => images.includes(name))
          .map(({ backend }) => backend),
      })),
      kernels: this.all.flatMap(({ kernels }) => kernels),
    };
  }

  /** Bytes that machines wrote over their images, where nothing but a look limits them. */
  async written(): Promise<{ play: string; machine: string; bytes: number }[]> {
    return (await Promise.all(this.all.map((driver) => driver.written()))).flat();
  }

  /** A connection to a port of a running machine, from within its play's network. */
  dial(place: MachinePlace, port: number): Duplex | undefined {
    return this.#shared.networks.dial(place, port);
  }

  /** Machines by the backend that runs them. */
  #shares(places: MachinePlace[]): [Driver, MachinePlace[]][] {
    return this.all
      .map((driver): [Driver, MachinePlace[]] => [
        driver,
        places.filter((place) => this.find(place.machine) === driver),
      ])
      .filter(([, share]) => share.length > 0);
  }

  /** Stops a play's machines and keeps them; what they share is made anew when they start. */
  async suspend(places: MachinePlace[], memory: boolean): Promise<void> {
    await Promise.all(this.#shares(places).map(([driver, share]) => driver.suspend(share, memory)));
    await this.#unshare(places[0]!.play);
  }

  /** What keeps running machines from being copied, in words; undefined when nothing does. */
  whyNotCopied(places: MachinePlace[]): string | undefined {
    for (const place of places) {
      const why = this.find(place.machine)?.whyNotCopied(place);
      if (why) return why;
    }
    return undefined;
  }

  /** Copies running machines, which are all of one backend (see {@link whyNotCopied}). */
  async capture(
    places: MachinePlace[],
    checkpoint: string,
    stays: boolean,
    stopped: () => void,
  ): Promise<void> {
    const shares = this.#shares(places);
    if (shares.length !== 1)
      throw new Error("machines of several backends can't be copied at once");
    await shares[0]![0].capture(places, checkpoint, stays, stopped);
  }

  async keepCheckpoints(places: MachinePlace[], checkpoints: string[]): Promise<void> {
    for (const [driver, share] of this.#shares(places))
      await driver.keepCheckpoints(share, checkpoints);
  }

  /** Copies machines of one play to those of another, which have the same names. */
  async clone(
    from: MachinePlace[],
    to: MachinePlace[],
    checkpoint: string,
    keep: string[],
  ): Promise<void> {
    const tried = await Promise.allSettled(
      to.map((place, index) =>
        this.find(place.machine)!.clone(from[index]!, place, checkpoint, keep),
      ),
    );
    // Only once all are done: whoever removes what was made must find it.
    for (const one of tried) if (one.status === "rejected") throw one.reason;
  }

  /** Sets aside what is ready for the machines of a play that is about to begin. */
  reserve(places: MachinePlace[]): void {
    for (const driver of this.all)
      driver.reserve?.(places.filter(({ machine }) => this.find(machine) === driver));
  }

  async destroy(play: string): Promise<void> {
    await Promise.all(this.all.map((driver) => driver.destroy(play)));
    await this.#unshare(play);
    await this.#shared.registries?.remove(play);
  }

  async #unshare(play: string): Promise<void> {
    const { networks, registries, groups, log } = this.#shared;
    await registries?.stop(play);
    await networks.remove(play);
    for (const group of groups)
      if (!(await group.remove(play)))
        log.warn(
          { play },
          "control groups are left; the end of another play or the next start removes them",
        );
  }

  async reap(plays: Set<string>): Promise<void> {
    const { networks, registries, groups } = this.#shared;
    for (const driver of this.all) await driver.reap(plays);
    await registries?.reap(plays);
    await networks.reap(plays);
    for (const group of groups) await group.reap(plays);
  }
}
