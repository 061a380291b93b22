import {
  closeSync,
  existsSync,
  fdatasyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { randomBytes } from "node:crypto";
import { HostEvent } from "@agon/protocol/host";

/** Acknowledged events that may lie in the file before it is written anew. */
const COMPACT_AFTER = 2_000;

/**
 * The host's own log of events, on disk before anybody hears of them. Events are numbered 1, 2, 3 …
 * within an epoch; an epoch is new when the counter was lost. Acknowledged events are dropped.
 */
export class Journal {
  readonly #file: string;
  readonly epoch: string;
  #events: HostEvent[] = [];
  #last = 0;
  #acked = 0;
  #dropped = 0;
  #fd: number;
  readonly #waiting = new Set<() => void>();

  constructor(folder: string) {
    mkdirSync(folder, { recursive: true });
    this.#file = join(folder, "journal.jsonl");
    let epoch: string | undefined;
    if (existsSync(this.#file)) {
      for (const line of readFileSync(this.#file, "utf8").split("\n")) {
        try {
          const row = JSON.parse(line) as { epoch?: string; last?: number; event?: unknown };
          if (row.epoch) {
            epoch = row.epoch;
            this.#last = row.last ?? 0;
            this.#acked = this.#last;
          }
          if (row.event) {
            const event = HostEvent.fromJSON(row.event);
            this.#events.push(event);
            this.#last = event.n;
          }
        } catch {
          // The last line of a killed process may be half written: it was never acknowledged.
        }
      }
    }
    this.epoch = epoch ?? randomBytes(6).toString("hex");
    this.#rewrite();
    this.#fd = openSync(this.#file, "a");
  }

  #rewrite(): void {
    const first = this.#events[0]?.n ?? this.#last + 1;
    const lines = [
      JSON.stringify({ epoch: this.epoch, last: first - 1 }),
      ...this.#events.map((event) => JSON.stringify({ event: HostEvent.toJSON(event) })),
    ];
    writeFileSync(`${this.#file}.new`, `${lines.join("\n")}\n`);
    renameSync(`${this.#file}.new`, this.#file);
    this.#dropped = 0;
  }

  /** Writes an event to disk and wakes those who watch. */
  append(play: string, event: HostEvent["event"]): HostEvent {
    const made: HostEvent = { n: this.#last + 1, epoch: this.epoch, play, atMs: Date.now(), event };
    writeSync(this.#fd, `${JSON.stringify({ event: HostEvent.toJSON(made) })}\n`);
    fdatasyncSync(this.#fd);
    this.#last = made.n;
    this.#events.push(made);
    for (const wake of this.#waiting) wake();
    return made;
  }

  /** Every event up to n is in the log of api. */
  ack(n: number): void {
    this.#acked = Math.max(this.#acked, Math.min(n, this.#last));
    const kept = this.#events.filter((event) => event.n > this.#acked);
    this.#dropped += this.#events.length - kept.length;
    this.#events = kept;
    if (this.#dropped > COMPACT_AFTER) {
      closeSync(this.#fd);
      this.#rewrite();
      this.#fd = openSync(this.#file, "a");
    }
  }

  /** Number of the newest event; 0 = none yet. */
  get last(): number {
    return this.#last;
  }

  /** Events after a number that are still kept; all of them when the number is of a lost epoch. */
  after(n: number): HostEvent[] {
    if (n > this.#last) return [...this.#events];
    return this.#events.filter((event) => event.n > n);
  }

  /** Resolves when there is something after n, or the signal fires. */
  more(n: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (this.#last > n || signal.aborted) return resolve();
      const done = () => {
        this.#waiting.delete(done);
        signal.removeEventListener("abort", done);
        resolve();
      };
      this.#waiting.add(done);
      signal.addEventListener("abort", done, { once: true });
    });
  }
}
