import { randomBytes } from "node:crypto";
import { open, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { HostEvent } from "@agon/protocol/host";
import { readIfThere, writeWhole } from "./disk.ts";

/** Acknowledged events that are kept in the file before it is written anew. */
const COMPACT_AFTER = 1_000;

type Body = NonNullable<HostEvent["event"]>;
interface Waiting {
  play: string;
  event: Body;
  done: (event: HostEvent) => void;
  failed: (error: unknown) => void;
}

/**
 * The host's events in order, on disk before anybody hears of them. Numbers are dense within an
 * epoch; a host that lost the file takes a new epoch. Acknowledged events are dropped.
 */
export class Journal {
  readonly #path: string;
  readonly epoch: string;
  #file: FileHandle;
  #size: number;
  #last: number;
  #events: HostEvent[];
  #dropped = 0;
  #waiting: Waiting[] = [];
  #busy: Promise<void> | undefined;
  readonly #listeners = new Set<() => void>();

  private constructor(
    path: string,
    epoch: string,
    last: number,
    events: HostEvent[],
    file: FileHandle,
    size: number,
  ) {
    this.#path = path;
    this.epoch = epoch;
    this.#last = last;
    this.#events = events;
    this.#file = file;
    this.#size = size;
  }

  /** Opens the journal of a folder, or begins one. A line that a crash cut off is dropped. */
  static async open(folder: string): Promise<Journal> {
    const path = join(folder, "journal.jsonl");
    const text = readIfThere(path) ?? "";
    const events: HostEvent[] = [];
    let epoch = "";
    let last = 0;
    let good = 0;
    for (const line of text.split("\n").slice(0, -1)) {
      try {
        const row = JSON.parse(line) as { epoch?: string; last?: number; n?: number };
        if (row.last !== undefined) {
          epoch = row.epoch ?? "";
          last = row.last;
        } else {
          const event = HostEvent.fromJSON(row);
          events.push(event);
          last = event.n;
        }
      } catch {
        break;
      }
      good += Buffer.byteLength(line) + 1;
    }
    if (epoch === "") {
      epoch = randomBytes(6).toString("hex");
      events.length = 0;
      last = 0;
      const head = `${JSON.stringify({ epoch, last })}\n`;
      writeWhole(path, head);
      good = head.length;
    }
    const file = await open(path, "r+");
    await file.truncate(good);
    return new Journal(path, epoch, last, events, file, good);
  }

  /** Number of the newest event. */
  get last(): number {
    return this.#last;
  }

  /** Events that are not acknowledged, oldest first. */
  get events(): readonly HostEvent[] {
    return this.#events;
  }

  /** The first event with a number above `n`. */
  next(n: number): HostEvent | undefined {
    const first = this.#events[0];
    // Numbers are dense, so the place in the list follows from the number.
    return first && this.#events[Math.max(0, n + 1 - first.n)];
  }

  /** Calls back after new events are on disk. @returns how to stop it. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Numbers and stores an event; resolves once it is on disk. */
  append(play: string, event: Body): Promise<HostEvent> {
    return new Promise((done, failed) => {
      this.#waiting.push({ play, event, done, failed });
      this.#work();
    });
  }

  #work(): void {
    this.#busy ??= this.#flush().finally(() => {
      this.#busy = undefined;
      if (this.#waiting.length > 0) this.#work();
    });
  }

  async #flush(): Promise<void> {
    const batch = this.#waiting.splice(0, 500);
    try {
      if (this.#dropped > COMPACT_AFTER) await this.#compact();
      // The monotonic clock since hostd's start: a step of the wall clock never reorders events.
      const observedMs = performance.timeOrigin + performance.now();
      const events = batch.map(({ play, event }, index) => ({
        n: this.#last + 1 + index,
        epoch: this.epoch,
        play,
        atMs: Math.round(observedMs),
        observedMs,
        event,
      }));
      const text = events.map((event) => `${JSON.stringify(HostEvent.toJSON(event))}\n`).join("");
      const bytes = Buffer.from(text);
      await this.#file.write(bytes, 0, bytes.length, this.#size);
      await this.#file.datasync();
      this.#size += bytes.length;
      this.#last += events.length;
      this.#events.push(...events);
      batch.forEach(({ done }, index) => done(events[index]!));
    } catch (error) {
      // Nothing of this batch counts; its numbers are given again.
      await this.#file.truncate(this.#size).catch(() => undefined);
      for (const { failed } of batch) failed(error);
    }
    for (const listener of this.#listeners) listener();
  }

  async #compact(): Promise<void> {
    const first = this.#events[0]?.n ?? this.#last + 1;
    const lines = [
      JSON.stringify({ epoch: this.epoch, last: first - 1 }),
      ...this.#events.map((event) => JSON.stringify(HostEvent.toJSON(event))),
    ];
    const text = `${lines.join("\n")}\n`;
    writeWhole(this.#path, text);
    await this.#file.close();
    this.#file = await open(this.#path, "r+");
    this.#size = Buffer.byteLength(text);
    this.#dropped = 0;
  }

  /** Every event up to `n` is safe elsewhere. */
  ack(n: number): void {
    const first = this.#events[0];
    if (!first || n < first.n) return;
    this.#dropped += this.#events.splice(0, n + 1 - first.n).length;
  }

  /** Waits for what is under way and closes the file. */
  async close(): Promise<void> {
    while (this.#busy) await this.#busy;
    await this.#file.close();
  }
}
