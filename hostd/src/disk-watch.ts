import type { Logger } from "@agon/daemon/log";
import type { Drivers } from "./drivers.ts";
import type { Plays } from "./plays.ts";

/** Milliseconds between two looks; a full disk must end its play within 10 s. */
const PAUSE = 4_000;

const size = (bytes: number) => `${(bytes / 2 ** 30).toFixed(2)} GiB`;

/**
 * Stops plays whose machines wrote more than their disk has, where the storage driver sets no limit itself.
 * A look that takes long makes the next one later: at most a third of the time is spent looking.
 */
export class DiskWatch {
  readonly #drivers: Drivers;
  readonly #plays: Plays;
  readonly #log: Logger;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(drivers: Drivers, plays: Plays, log: Logger) {
    this.#drivers = drivers;
    this.#plays = plays;
    this.#log = log;
    this.#later(PAUSE);
  }

  #later(ms: number): void {
    if (this.#closed) return;
    this.#timer = setTimeout(() => {
      const begun = performance.now();
      this.#look()
        .catch((error: unknown) => this.#log.warn({ err: error }, "disks could not be measured"))
        .finally(() => this.#later(Math.max(PAUSE, 2 * (performance.now() - begun))));
    }, ms);
  }

  async #look(): Promise<void> {
    if (this.#plays.size === 0) return;
    for (const { play: id, machine, bytes } of await this.#drivers.written()) {
      const play = this.#plays.find(id);
      const limit = play?.spec.machines.find(({ name }) => name === machine)?.diskBytes ?? 0;
      if (!play || limit <= 0 || bytes <= limit) continue;
      this.#log.warn({ play: id, machine, bytes, limit }, "a disk is full");
      await play.fail(
        `The disk of machine ${machine} is full: ${size(bytes)} written, it has ${size(limit)}. Its machines were stopped.`,
      );
    }
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }
}
