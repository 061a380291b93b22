import { randomBytes } from "node:crypto";
import { copyFileSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Logger } from "@agon/daemon/log";
import type { MachineCgroups } from "../cgroups.ts";
import { readIfThere, writeWhole } from "../disk.ts";
import { shortHash } from "../names.ts";
import { POOL, type PlayNetworks } from "../network.ts";
import type { Accelerator } from "./accelerator.ts";
import type { MicrovmArtefacts } from "./artefacts.ts";
import { operation, type Operation } from "./guest-agent.ts";
import { launch } from "./launch.ts";
import type { Look } from "./look.ts";
import { pinAnew } from "./machine-copy.ts";
import { limitsOf } from "./machine-limits.ts";
import type { MachineRecord } from "./machine-record.ts";
import type { Asked, PoolMachine } from "./pool.ts";
import type { QemuJail } from "./qemu-jail.ts";
import { killProcess } from "./qemu-process.ts";
import { uidOf } from "./qemu-user.ts";
import { POOL_ROUND, warmDaemons } from "./template-warm.ts";

/** Milliseconds until a restored machine must answer, and its daemons, at low priority. */
const ANSWER = 20_000;
const DAEMONS = 60_000;

/** What machines of a pool are made of and with. */
export interface PoolParts {
  artefacts: MicrovmArtefacts;
  accelerator: Accelerator;
  networks: PlayNetworks;
  cgroups: MachineCgroups;
  jail: QemuJail;
  /** For the machines' folders. */
  folder: string;
  /** Short folder for sockets. */
  runFolder: string;
  prefix: string;
  /** What gives a machine of an image the files that all of this look have; undefined where that must wait. */
  dress(look: Look, image: string): Promise<Operation[] | undefined>;
  log: Logger;
}

/** Makes the machines of a pool: restored, warm, stopped, with taps that lead nowhere. */
export class PoolMaker {
  readonly #parts: PoolParts;
  /** Machines that are being made. */
  readonly #making = new Set<Omit<PoolMachine, "held">>();
  #closed = false;

  constructor(parts: PoolParts) {
    this.#parts = parts;
  }

  /** @throws Error when the machine does not come up; then nothing of it is left. */
  async make({ shape, look }: Asked, template: string): Promise<PoolMachine> {
    const { artefacts, accelerator, networks, cgroups, jail, prefix, runFolder, log } = this.#parts;
    const id = randomBytes(5).toString("hex");
    const folder = join(this.#parts.folder, id);
    const sockets = join(runFolder, `p-${id}`);
    const record: MachineRecord = {
      play: POOL,
      machine: id,
      template,
      shape,
      base: artefacts.disks[shape.image]!,
      drive: artefacts.drive,
      uid: uidOf(shortHash(`${prefix}/${POOL}/${id}`)),
      // Shown by nobody: a machine of the pool has none yet.
      credential: "",
      renewed: false,
    };
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const begun: Omit<PoolMachine, "held"> = { folder, sockets, taps: [], record };
    this.#making.add(begun);
    const taps = shape.interfaces ? await networks.poolTaps(id, shape.interfaces, record.uid) : [];
    begun.taps = taps;
    const space = await networks.poolSpace();
    try {
      copyFileSync(join(template, "empty.qcow2"), join(folder, "disk.qcow2"));
      pinAnew(artefacts, folder, record);
      const { held } = await launch(artefacts, accelerator, {
        folder,
        sockets,
        jail,
        space,
        taps,
        start: "restore",
        record,
        started: (mark) => {
          if (this.#closed) throw new Error("the pool is closed");
          record.process = mark;
          writeWhole(join(folder, "machine.json"), JSON.stringify(record));
          cgroups.confine(POOL, id, mark.pid, limitsOf(shape));
          cgroups.yieldTo(POOL);
        },
      });
      const machine: PoolMachine = { folder, sockets, taps, record, held };
      try {
        await held.agent.ready(ANSWER);
        const dress = look && (await this.#parts.dress(look, shape.image));
        if (dress) await held.agent.run(dress, ANSWER);
        // What a learner will have it do is translated, and in its memory, from now on.
        const ports = {
          examiner: join(sockets, "examiner"),
          terminals: join(sockets, "terminals"),
        };
        const channel = join(sockets, "channel");
        const round = { ...POOL_ROUND, stays: dress && look?.user };
        const open = await warmDaemons(channel, ports, log, DAEMONS, () => undefined, round);
        if (open && look) machine.shell = { open, look };
        for (let tries = 0; ; tries++) {
          try {
            await held.agent.run([operation.daemonsWait], ANSWER);
            break;
          } catch (error) {
            if (tries >= 50) throw error;
            await pause(100);
          }
        }
        rmSync(channel, { recursive: true, force: true });
        // A machine that waits takes no processor time.
        await held.park();
        return machine;
      } catch (error) {
        held.release();
        throw error;
      }
    } catch (error) {
      await this.#remove(begun);
      throw error;
    } finally {
      this.#making.delete(begun);
    }
  }

  async discard(machine: PoolMachine): Promise<void> {
    machine.held.release();
    await this.#remove(machine);
  }

  /** Makes no more machines, and ends those that are half made. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#making].map((machine) => this.#remove(machine)));
  }

  /** Removes what all machines of the pool shared. */
  async leave(): Promise<void> {
    await this.#parts.networks.remove(POOL);
    await this.#parts.cgroups.remove(POOL);
  }

  async #remove(begun: Omit<PoolMachine, "held">): Promise<void> {
    const { folder, sockets, taps, record } = begun;
    const { machine, process } = record;
    if (process) await killProcess(process);
    await this.#parts.networks.dropPoolTaps(taps);
    this.#parts.cgroups.leave(POOL, machine);
    rmSync(sockets, { recursive: true, force: true });
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Ends the machines that waited for an earlier hostd: nobody holds them any more. */
export async function reapPool(folder: string, log: Logger): Promise<void> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const name of readdirSync(folder)) {
    const text = readIfThere(join(folder, name, "machine.json"));
    const mark = text ? (JSON.parse(text) as MachineRecord).process : undefined;
    if (mark) await killProcess(mark);
    rmSync(join(folder, name), { recursive: true, force: true });
    log.info({ machine: name }, "reaped a machine of the pool");
  }
}
