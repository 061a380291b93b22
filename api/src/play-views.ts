import type { Logger } from "@agon/daemon/log";
import { fold, isFinal } from "./fold.ts";
import type { Live } from "./live.ts";
import type { EventLog, NewEvent } from "./log.ts";
import type { PlayDoc } from "./models/play.ts";
import type { EventDoc, Store } from "./models/store.ts";
import { isScored } from "./scoring.ts";
import type { Solves } from "./solves.ts";

/** Keeps the view of each play equal to the fold of its log, in any number of processes. */
export class PlayViews {
  #store: Store;
  #log: EventLog;
  #live: Live;
  #solves: Solves;
  #logger: Logger;
  #onFinal: (play: PlayDoc) => void;
  #cache = new Map<string, PlayDoc>();
  #chains = new Map<string, Promise<unknown>>();

  constructor(
    parts: { store: Store; log: EventLog; live: Live; solves: Solves; logger: Logger },
    onFinal: (play: PlayDoc) => void,
  ) {
    this.#store = parts.store;
    this.#log = parts.log;
    this.#live = parts.live;
    this.#solves = parts.solves;
    this.#logger = parts.logger;
    this.#onFinal = onFinal;
  }

  /** Appends to a play's log and folds it in. @returns false when the event was known already. */
  async append(event: Omit<NewEvent, "scope">): Promise<boolean> {
    const doc = await this.#log.append({ ...event, scope: "play" });
    if (!doc) return false;
    await this.advance(event.log, doc);
    return true;
  }

  /** Folds whatever of a play's log its view does not hold yet, then records its solve. */
  async advance(play: string, fresh?: EventDoc): Promise<void> {
    const before = this.#chains.get(play) ?? Promise.resolve();
    const run = before.then(
      () => this.#advance(play, fresh),
      () => this.#advance(play, fresh),
    );
    this.#chains.set(play, run);
    try {
      await run;
    } finally {
      if (this.#chains.get(play) === run) this.#chains.delete(play);
    }
  }

  async #advance(id: string, fresh?: EventDoc): Promise<void> {
    const known = this.#cache.get(id) ?? (await this.#load(id));
    if (!known) return;
    let doc: PlayDoc = known;
    for (;;) {
      const events =
        fresh && fresh.seq === doc.foldedTo + 1 ? [fresh] : await this.#log.read(id, doc.foldedTo);
      fresh = undefined;
      if (!events.length) break;
      const from = doc.foldedTo;
      let view = doc.view;
      let whole = false;
      for (const event of events) {
        const step = fold(view, doc.taskKeys, event);
        view = step.view;
        // Before anything is written: the browser need not wait for the store.
        if (!step.delta.whole)
          this.#live.publish(`play:${id}`, { version: event.seq, ...step.delta });
        else whole = true;
      }
      const foldedTo = events.at(-1)?.seq ?? from;
      const written = await this.#store.plays.updateOne(
        { _id: id, foldedTo: from },
        { $set: { view, foldedTo } },
      );
      // Readers read the view, so it is there first.
      if (whole) this.#live.publish(`play:${id}`, { version: foldedTo, whole });
      if (written.modifiedCount) {
        doc = { ...doc, view, foldedTo };
        if (this.#cache.size > 2000) this.#cache.clear();
        this.#cache.set(id, doc);
      } else {
        // Another process folded: go on from what it wrote.
        this.#cache.delete(id);
        const reread: PlayDoc | null = await this.#load(id);
        if (!reread) return;
        doc = reread;
      }
    }
    if (doc.view.completedAt !== null && !doc.solveRecorded && isScored(doc.challenge))
      await this.#recordSolve(doc);
    if (isFinal(doc.view.state)) {
      this.#cache.delete(id);
      if (doc.open) this.#onFinal(doc);
    }
  }

  async #recordSolve(doc: PlayDoc): Promise<void> {
    const solve = await this.#solves.record(doc);
    if (solve) {
      const event = await this.#log.append({
        log: doc._id,
        eventId: `${doc._id}/api/solved`,
        scope: "play",
        at: Date.now(),
        type: "solved",
        data: { solve },
      });
      this.#logger.info({ play: doc._id, challenge: doc.challenge }, "solve recorded");
      if (event) void this.advance(doc._id, event).catch(() => {}); // the sweep repeats it
    }
    await this.#store.plays.updateOne({ _id: doc._id }, { $set: { solveRecorded: true } });
    const cached = this.#cache.get(doc._id);
    if (cached) this.#cache.set(doc._id, { ...cached, solveRecorded: true });
  }

  #load(id: string): Promise<PlayDoc | null> {
    return this.#store.plays.findById(id).lean<PlayDoc>();
  }
}
