import { randomBytes } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import type { Logger } from "@agon/daemon/log";
import type { HostEvent } from "@agon/protocol/host";
import type { CheckpointBook, Checkpoint, Moment } from "./checkpoints.ts";
import type { MachinePlace } from "./driver.ts";
import type { Drivers } from "./drivers.ts";
import type { PlayRecord } from "./play-record.ts";
import { Refusal } from "./refusal.ts";
import type { Turn } from "./turn.ts";

/**
 * Milliseconds without a completed task before machines are copied, and after which they are copied anyway. What
 * waited for a task is often completed right after it, and would be told later if the machines stood still then.
 */
const QUIET = 300;
const MOST_QUIET = 1_000;

/** A play, as far as its machines are copied. */
interface Copied {
  drivers: Drivers;
  log: Logger;
  /** Kept up to date in place: it is part of the play's state on disk. */
  record: PlayRecord;
  book: CheckpointBook;
  /** Copies and stops: one at a time. */
  turn: Turn;
  places(): MachinePlace[];
  /** A machine that does not run now. */
  down(): string | undefined;
  /** No checkpoint is wanted any more. */
  over(): boolean;
  append(event: NonNullable<HostEvent["event"]>): Promise<void>;
}

/** The copies of one play's machines: its checkpoints, and what other plays begin with. */
export class PlayCopies {
  readonly #of: Copied;
  readonly #most: number;
  #wanted: string | undefined;
  /** Tasks that were completed since the play is here. */
  #completed = 0;

  /** @param most checkpoints that are kept; 0 = none are made. */
  constructor(of: Copied, most: number) {
    this.#of = of;
    this.#most = most;
  }

  /** Removes what is no checkpoint of the play: a hostd that ended may have left it. */
  async tidy(): Promise<void> {
    const kept = (this.#of.record.checkpoints ?? []).map(({ id }) => id);
    this.#of.book.keep(kept);
    await this.#of.drivers.keepCheckpoints(this.#of.places(), kept);
  }

  /**
   * Copies the machines once nothing else is done with them and no further task is completed. Several
   * tasks that are completed meanwhile share one checkpoint: it is the same moment.
   */
  soon(task: string): void {
    if (this.#most === 0 || this.#of.over()) return;
    const waits = this.#wanted !== undefined;
    this.#wanted = task;
    this.#completed += 1;
    if (waits) return;
    void this.#of.turn
      .take(async () => {
        await this.#quiet();
        const of = this.#wanted!;
        this.#wanted = undefined;
        if (!this.#of.over()) await this.#checkpoint(of);
      })
      .catch((error: unknown) => this.#missed(task, error))
      .catch((error: unknown) =>
        this.#of.log.warn({ err: error, task }, "that there is no checkpoint could not be told"),
      );
  }

  async #quiet(): Promise<void> {
    const end = performance.now() + MOST_QUIET;
    for (let seen = -1; seen !== this.#completed && performance.now() < end && !this.#of.over();) {
      seen = this.#completed;
      await pause(QUIET);
    }
  }

  /** Tells that a task has no checkpoint: its learner would look for it. */
  async #missed(task: string, error: unknown): Promise<void> {
    this.#of.log.warn({ err: error, task }, "there is no checkpoint of this task");
    // Machines that are never copied while they run have no way back at all.
    if (this.#of.over() || (error instanceof Refusal && error.kind === "not-so")) return;
    const missed =
      error instanceof Refusal ? error.message : "the machines could not be copied at that moment";
    await this.#of.append({
      $case: "checkpoint",
      value: { id: `m${randomBytes(4).toString("hex")}`, task, dropped: [], missed },
    });
  }

  async #checkpoint(task: string): Promise<void> {
    const { record, book } = this.#of;
    const id = `c${randomBytes(4).toString("hex")}`;
    try {
      book.write(id, await this.#capture(id, true));
    } catch (error) {
      // What there is of it by then is large.
      await this.tidy();
      throw error;
    }
    const all = [...(record.checkpoints ?? []), { id, task }];
    const dropped = all.splice(0, Math.max(0, all.length - this.#most));
    record.checkpoints = all;
    await this.#of.append({
      $case: "checkpoint",
      value: { id, task, dropped: dropped.map((one) => one.id), missed: "" },
    });
    await this.tidy();
  }

  /** Copies all machines at the same moment into a checkpoint. @param stays it is kept. */
  async #capture(id: string, stays: boolean): Promise<Moment> {
    const { drivers } = this.#of;
    const places = this.#of.places();
    const down = this.#of.down();
    if (down) throw new Refusal("later", `machine ${down} is starting: try again in a moment`);
    const why = drivers.whyNotCopied(places);
    if (why) throw new Refusal("not-so", why);
    let moment: Moment | undefined;
    await drivers.capture(places, id, stays, () => (moment = this.#moment));
    return moment!;
  }

  get #moment(): Moment {
    const { tasks, last } = this.#of.record;
    return { tasks: structuredClone(tasks), epoch: last?.epoch ?? "", n: last?.n ?? 0 };
  }

  /**
   * Copies the machines to places of another play: as they are at rest, as they run, or as they were
   * at a checkpoint. @returns what the play knew then, and the checkpoints until then, which go along.
   * @throws Refusal with what keeps it from being copied.
   */
  async to(
    to: MachinePlace[],
    checkpoint: string,
  ): Promise<{ moment: Moment; checkpoints: (Checkpoint & Moment)[] }> {
    const { drivers, record, book, turn } = this.#of;
    return turn.take(async () => {
      const { state, checkpoints = [] } = record;
      const from = this.#of.places();
      if (record.ending || record.dead) throw new Refusal("missing", "the play is over");
      // A copy can go back as far as what it is a copy of.
      const at = checkpoint
        ? checkpoints.findIndex(({ id }) => id === checkpoint)
        : checkpoints.length - 1;
      const along = checkpoints.slice(0, at + 1).flatMap((one) => {
        const known = book.read(one.id);
        return known ? [{ ...one, ...known }] : [];
      });
      const keep = along.map(({ id }) => id);
      const done = (moment: Moment) => ({ moment, checkpoints: along });
      if (checkpoint) {
        const moment = at < 0 ? undefined : book.read(checkpoint);
        if (!moment)
          throw new Refusal("missing", "this checkpoint is gone: a newer one took its place");
        await drivers.clone(from, to, checkpoint, keep);
        return done(moment);
      }
      if (state === "STOPPED") {
        await drivers.clone(from, to, "", keep);
        return done(this.#moment);
      }
      if (state !== "RUNNING")
        throw new Refusal("later", `the play is ${state}: a running or paused one can be forked`);
      const id = `f${randomBytes(4).toString("hex")}`;
      try {
        const moment = await this.#capture(id, false);
        await drivers.clone(from, to, id, keep);
        return done(moment);
      } finally {
        await this.tidy();
      }
    });
  }
}
