import { renameSync } from "node:fs";
import { availableParallelism, freemem, loadavg, totalmem } from "node:os";
import type { OpenShell } from "../driver.ts";
import type { FairQueue } from "./fair-queue.ts";
import { sameLook, type Look } from "./look.ts";
import type { MachineRecord } from "./machine-record.ts";
import { PoolDemand, type PoolPolicy } from "./pool-demand.ts";
import { PoolMaker, type PoolParts } from "./pool-maker.ts";
import { Pool, type Asked, type PoolFigures, type PoolMachine } from "./pool.ts";
import type { Shape } from "./qemu-line.ts";
import type { Templates } from "./template.ts";

/** The pool may take one of these parts of the computer's memory, and leaves one of those free. */
const POOL_PART = 12;
const FREE_PART = 4;
/** Bytes that a machine of the pool takes besides what all share. */
const MACHINE = 256 * 2 ** 20;

/** A machine that a play asks for. */
export interface Wanted {
  play: string;
  /** The folder that the machine will have. */
  folder: string;
  shape: Shape;
  look: Look | undefined;
}

/** The pool of this computer, and the machines that were taken from it and not yet handed over. */
export class MicrovmPool {
  readonly #pool: Pool;
  readonly #maker: PoolMaker;
  /** By the folder that they will have. */
  readonly #taken = new Map<string, { wanted: Wanted; machine: PoolMachine }>();

  /** @param open whether this host takes plays. */
  constructor(
    policy: PoolPolicy,
    templates: Templates,
    queue: FairQueue,
    open: () => boolean,
    parts: PoolParts,
  ) {
    const maker = new PoolMaker(parts);
    this.#maker = maker;
    this.#pool = new Pool(
      {
        make: async (asked) => maker.make(asked, (await templates.get(asked.shape)).folder),
        discard: (machine) => maker.discard(machine),
        key: (shape) => templates.key(shape),
        current: (shape) => templates.find(shape) !== undefined,
        quiet: () => queue.quiet(),
        room: (machines) =>
          (machines + 1) * MACHINE < totalmem() / POOL_PART &&
          freemem() - MACHINE > totalmem() / FREE_PART &&
          loadavg()[0]! < policy.load * availableParallelism(),
        open,
      },
      new PoolDemand(policy),
      parts.log,
    );
  }

  /** Keeps such machines waiting from now on, whether somebody asked for them or not. */
  keep(machines: Asked[]): void {
    this.#pool.keep(machines);
  }

  /** Sets machines aside for all of a play, in one step. */
  take(wanted: Wanted[]): void {
    // Drives are a machine's own: nothing that waits has them.
    const fitting = wanted.filter(({ shape }) => shape.drives.length === 0);
    const taken = this.#pool.take(fitting);
    for (const [index, machine] of taken.entries()) {
      const wanted = fitting[index]!;
      if (machine) this.#taken.set(wanted.folder, { wanted, machine });
    }
  }

  /** The shell that waits in the machine that was set aside for this folder, and whether it is as it should be. */
  shell(folder: string): { shell: OpenShell; fits: boolean } | undefined {
    const taken = this.#taken.get(folder);
    const shell = taken?.machine.shell;
    if (!taken || !shell) return undefined;
    return { shell: shell.open, fits: sameLook(shell.look, taken.wanted.look) };
  }

  /** Moves the machine that was set aside to its folder. @returns what is known of it, if there is one. */
  moveTo(folder: string): MachineRecord | undefined {
    const machine = this.#taken.get(folder)?.machine;
    if (!machine) return undefined;
    renameSync(machine.folder, folder);
    machine.folder = folder;
    return machine.record;
  }

  /** The machine that was set aside for this folder, once. */
  claim(folder: string): PoolMachine | undefined {
    const machine = this.#taken.get(folder)?.machine;
    this.#taken.delete(folder);
    return machine;
  }

  /** A machine that was handed over did not answer. */
  broken(shape: Shape): void {
    this.#pool.broken(shape);
  }

  /** Ends what was set aside for a play and not handed over. */
  async dropOf(play: string): Promise<void> {
    for (const [folder, { wanted, machine }] of this.#taken)
      if (wanted.play === play) {
        this.#taken.delete(folder);
        await this.#maker.discard(machine);
      }
  }

  figures(): PoolFigures[] {
    return this.#pool.figures();
  }

  /** Ends everything that waits. */
  async close(): Promise<void> {
    const taken = [...this.#taken.values()];
    this.#taken.clear();
    await Promise.all(taken.map(({ machine }) => this.#maker.discard(machine)));
    await Promise.all([this.#pool.close(), this.#maker.close()]);
    await this.#maker.leave();
  }
}
