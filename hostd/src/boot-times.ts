/** How long the starts of a machine took. Milliseconds until its examiner called, by the monotonic clock. */
export interface BootTimes {
  /** Its first start, which is a restore where the backend has templates. */
  firstMs?: number;
  reboots?: number;
  /** The last reboot, from the moment at which the machine had ended. */
  rebootMs?: number;
}

/** Of a running machine that came back at least once. */
export interface MachineReboots {
  play: string;
  machine: string;
  reboots: number;
  /** The last one. */
  rebootMs: number;
  /** Of its template, where the backend has none its own first start; 0 = not known. */
  coldBootMs: number;
}

/** Times the starts of a play's machines. A start during which hostd ends is not timed. */
export class BootClock {
  readonly #begun = new Map<string, { at: number; reboot: boolean }>();

  /** A machine begins to start for the first time, or has ended by itself and comes back. */
  begins(machine: string, reboot: boolean): void {
    this.#begun.set(machine, { at: performance.now(), reboot });
  }

  /** Its examiner called: notes what that start took. @returns the ms of a reboot. */
  answered(machine: string, times: BootTimes): number | undefined {
    const begun = this.#begun.get(machine);
    if (!begun) return undefined;
    this.#begun.delete(machine);
    const ms = Math.round(performance.now() - begun.at);
    if (!begun.reboot) {
      times.firstMs = ms;
      return undefined;
    }
    times.reboots = (times.reboots ?? 0) + 1;
    times.rebootMs = ms;
    return ms;
  }
}
