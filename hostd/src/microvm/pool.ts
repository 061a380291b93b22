import { setTimeout as pause } from "node:timers/promises";
import type { Logger } from "@agon/daemon/log";
import { sameLook, type Look } from "./look.ts";
import type { OpenShell } from "../driver.ts";
import type { HeldMachine } from "./held-machine.ts";
import type { MachineRecord } from "./machine-record.ts";
import type { PoolDemand } from "./pool-demand.ts";
import type { Shape } from "./qemu-line.ts";

/** Milliseconds between looks at targets, dead machines and templates that are gone. */
const LOOK = 5_000;
/**
 * Milliseconds after machines were taken in which no other is made: a learner waits for the first prompt of
 * theirs then, and looks at its first tasks. Where one play follows the other, at most `PATIENCE` together.
 */
const SETTLE = 4_000;
const PATIENCE = 12_000;
/** Milliseconds without another try after a machine could not be made. */
const BACK_OFF = 60_000;

/** A restored machine without identity, stopped, that waits for a learner. */
export interface PoolMachine {
  folder: string;
  sockets: string;
  /** Taps in the pool's network namespace. */
  taps: string[];
  record: MachineRecord;
  held: HeldMachine;
  /** A shell that waits in it with its prompt. */
  shell?: { open: OpenShell; look: Look } | undefined;
}

/** A machine that is, or will be, asked for. */
export interface Asked {
  shape: Shape;
  /** Of the shell that its learner will see first, where it can be opened ahead. */
  look: Look | undefined;
}

/** What a pool needs of the driver. */
export interface PoolHost {
  /** Restores, warms and parks one machine. */
  make(asked: Asked): Promise<PoolMachine>;
  discard(machine: PoolMachine): Promise<void>;
  /** Name of a shape's template. */
  key(shape: Shape): string;
  /** Whether the template that machines of this shape were cloned from is still the one to use. */
  current(shape: Shape): boolean;
  /** Resolves once no learner's machine starts or waits for its start. */
  quiet(): Promise<void>;
  /** Whether the computer has memory for one machine more than these, and time to make it. */
  room(machines: number): boolean;
  /** Whether this host takes plays at all. */
  open(): boolean;
}

/** One pool in figures. */
export interface PoolFigures {
  template: string;
  target: number;
  ready: number;
  warming: number;
  /** Machines that plays asked for since the start of hostd, and those of them that came from the pool. */
  asked: number;
  hits: number;
}

interface Member {
  key: string;
  shape: Shape;
  /** Undefined while it is being warmed. */
  machine?: PoolMachine;
}

interface Counted {
  shape: Shape;
  /** What was asked for last: the next one is likely to look like it. */
  look: Look | undefined;
  asked: number;
  hits: number;
  retryAt: number;
}

/**
 * Machines that wait for learners, per template. Whatever counts them or takes one does so without a
 * pause between look and change: ready and warming ones together never exceed a target, and no
 * machine is taken twice.
 */
export class Pool {
  readonly #host: PoolHost;
  readonly #demand: PoolDemand;
  readonly #log: Logger;
  readonly #members = new Set<Member>();
  readonly #known = new Map<string, Counted>();
  readonly #timer: NodeJS.Timeout;
  #filling = false;
  /** When machines were taken last, on the clock of `performance.now()`. */
  #takenAt = -Infinity;
  #closed = false;

  constructor(host: PoolHost, demand: PoolDemand, log: Logger) {
    this.#host = host;
    this.#demand = demand;
    this.#log = log;
    this.#timer = setInterval(() => this.look(), LOOK);
  }

  #counted(shape: Shape): Counted {
    const key = this.#host.key(shape);
    const counted = this.#known.get(key) ?? {
      shape,
      look: undefined,
      asked: 0,
      hits: 0,
      retryAt: 0,
    };
    this.#known.set(key, counted);
    return counted;
  }

  /** Keeps such machines waiting from now on, whether somebody asked for them or not. */
  keep(machines: Asked[]): void {
    for (const { shape, look } of machines) this.#counted(shape).look ??= look;
    this.#demand.setBase(machines.map(({ shape }) => this.#host.key(shape)));
    this.look();
  }

  /**
   * Takes machines for all of a play in one step; undefined where none is ready.
   * Others are made soon for those that come next.
   */
  take(machines: Asked[]): (PoolMachine | undefined)[] {
    const now = performance.now();
    const asked = new Map<string, number>();
    const taken = machines.map(({ shape, look }) => {
      const key = this.#host.key(shape);
      asked.set(key, (asked.get(key) ?? 0) + 1);
      const counted = this.#counted(shape);
      counted.asked++;
      counted.look = look ?? counted.look;
      const ready = [...this.#members].filter((one) => one.key === key && one.machine);
      const found = ready.find((one) => sameLook(one.machine!.shell?.look, look)) ?? ready[0];
      if (!found) return undefined;
      this.#members.delete(found);
      counted.hits++;
      return found.machine;
    });
    for (const [key, count] of asked) this.#demand.asked(key, count, now);
    this.#takenAt = now;
    setImmediate(() => this.look());
    return taken;
  }

  /** A machine that was handed over did not answer: it does not count as a hit. */
  broken(shape: Shape): void {
    this.#counted(shape).hits--;
  }

  #count(key: string): number {
    return [...this.#members].filter((one) => one.key === key).length;
  }

  #target(key: string): number {
    return this.#host.open() ? this.#demand.target(key, performance.now()) : 0;
  }

  /** Removes what is too much, died or became old, and fills up. */
  look(): void {
    if (this.#closed) return;
    for (const member of this.#members) {
      if (!member.machine) continue;
      const over = this.#count(member.key) > this.#target(member.key);
      if (over || member.machine.held.ended || !this.#host.current(member.shape))
        this.#drop(member);
    }
    if (this.#filling) return;
    this.#filling = true;
    void this.#fill()
      .catch((error: unknown) => this.#log.error({ err: error }, "the pool can't be filled"))
      .finally(() => (this.#filling = false));
  }

  #drop(member: Member): void {
    this.#members.delete(member);
    void this.#host
      .discard(member.machine!)
      .catch((error: unknown) => this.#log.error({ err: error }, "pool machine was not removed"));
  }

  #lacking(): Counted | undefined {
    const now = performance.now();
    return [...this.#known].find(
      ([key, { retryAt }]) => retryAt <= now && this.#count(key) < this.#target(key),
    )?.[1];
  }

  /** Resolves once learners who took machines have had the processors for themselves. */
  async #settled(): Promise<void> {
    const from = performance.now();
    for (;;) {
      const left = Math.min(this.#takenAt + SETTLE, from + PATIENCE) - performance.now();
      if (this.#closed || left <= 0) return;
      await pause(left, undefined, { ref: false });
    }
  }

  /** One at a time, and only while no learner waits. */
  async #fill(): Promise<void> {
    while (!this.#closed && this.#lacking() && this.#host.room(this.#members.size)) {
      await this.#settled();
      await this.#host.quiet();
      // Looked at anew: nothing happens between this look and the place being taken.
      const lacking = this.#lacking();
      if (this.#closed || !lacking) return;
      const { shape, look } = lacking;
      const member: Member = { key: this.#host.key(shape), shape };
      this.#members.add(member);
      try {
        const machine = await this.#host.make({ shape, look });
        if (this.#members.has(member)) member.machine = machine;
        else await this.#host.discard(machine);
      } catch (error) {
        this.#members.delete(member);
        lacking.retryAt = performance.now() + BACK_OFF;
        if (!this.#closed) this.#log.warn({ err: error, shape }, "no machine for the pool");
      }
    }
  }

  figures(): PoolFigures[] {
    return [...this.#known].map(([template, { asked, hits }]) => {
      const own = [...this.#members].filter(({ key }) => key === template);
      const ready = own.filter(({ machine }) => machine).length;
      const target = this.#target(template);
      return { template, target, ready, warming: own.length - ready, asked, hits };
    });
  }

  /** Ends all machines that wait. */
  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    const ready = [...this.#members].filter(({ machine }) => machine);
    this.#members.clear();
    await Promise.all(ready.map(({ machine }) => this.#host.discard(machine!)));
  }
}
