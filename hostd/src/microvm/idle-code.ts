import { readFileSync } from "node:fs";
import { lives, type ProcessMark } from "./qemu-process.ts";

/** Milliseconds between looks at what machines used. */
const LOOK = 15_000;
/** Ticks (hundredths of a second) that an idle machine uses between two looks at most. */
const IDLE = 30;
/** Ticks after which it is worth doing again. */
const WORTH = 40;

/** Ticks of the processor that a process used; undefined when it is gone. */
function ticks(pid: number): number | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ");
    return Number(fields[11]) + Number(fields[12]);
  } catch {
    return undefined;
  }
}

/**
 * Has the QEMUs of machines that do nothing give back what they translated (guest/hand-back.c): half
 * the memory of a machine that only started. What runs again is translated again.
 */
export class IdleCode implements Disposable {
  readonly #machines: () => ProcessMark[];
  /** By process: ticks at the last look, and when it gave back. */
  #seen = new Map<number, { at: number; given: number }>();
  readonly #timer: NodeJS.Timeout;

  /** @param machines those that run with the library. */
  constructor(machines: () => ProcessMark[]) {
    this.#machines = machines;
    this.#timer = setInterval(() => this.#look(), LOOK);
    this.#timer.unref();
  }

  #look(): void {
    const seen = new Map<number, { at: number; given: number }>();
    for (const mark of this.#machines()) {
      const at = ticks(mark.pid);
      if (at === undefined) continue;
      const known = this.#seen.get(mark.pid);
      let given = known?.given ?? 0;
      if (known && at - known.at <= IDLE && at - given >= WORTH && lives(mark)) {
        process.kill(mark.pid, "SIGURG");
        given = at;
      }
      seen.set(mark.pid, { at, given });
    }
    this.#seen = seen;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
