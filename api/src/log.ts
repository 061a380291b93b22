import { preciseNow } from "@agon/daemon/clock";
import type { EventDoc, Store } from "./models/store.ts";
import { isDuplicate } from "./models/store.ts";

/** What is about to be appended; the log gives it its position. */
export interface NewEvent {
  log: string;
  eventId: string;
  scope: "play" | "open";
  at: number;
  type: string;
  data: Record<string, unknown>;
  observedAt?: number;
}

const page = 64;

/** The append-only log. The unique `_id` gives the position, the unique `eventId` drops repeats. */
export class EventLog {
  #store: Store;
  /** Where the next event of a log probably goes. Bounded: a wrong guess costs one insert. */
  #next = new Map<string, number>();

  constructor(store: Store) {
    this.#store = store;
  }

  /** Appends an event, or answers null when its eventId is in the log already. */
  async append(event: NewEvent): Promise<EventDoc | null> {
    let seq = this.#next.get(event.log) ?? (await this.#length(event.log)) + 1;
    for (;;) {
      const doc: EventDoc = {
        _id: `${event.log}:${seq}`,
        seq,
        loggedAt: preciseNow(),
        ...event,
      };
      try {
        await this.#store.events.collection.insertOne(doc as never);
        if (this.#next.size > 5000) this.#next.clear();
        this.#next.set(event.log, seq + 1);
        return doc;
      } catch (error) {
        if (!isDuplicate(error)) {
          // Whether it was stored is unknown: the caller tries again, eventId keeps it single.
          this.#next.delete(event.log);
          throw error;
        }
        if (await this.#store.events.findOne({ eventId: event.eventId }).lean()) return null;
        seq++;
      }
    }
  }

  /** Events after a position, in order, up to the first gap; at most 64. */
  async read(log: string, after: number): Promise<EventDoc[]> {
    const ids = Array.from({ length: page }, (_, i) => `${log}:${after + 1 + i}`);
    const found = await this.#store.events.find({ _id: { $in: ids } }).lean<EventDoc[]>();
    found.sort((a, b) => a.seq - b.seq);
    const gap = found.findIndex((event, i) => event.seq !== after + 1 + i);
    return gap < 0 ? found : found.slice(0, gap);
  }

  /** A whole log. */
  async readAll(log: string): Promise<EventDoc[]> {
    const all: EventDoc[] = [];
    for (;;) {
      const more = await this.read(log, all.length);
      all.push(...more);
      if (more.length < page) return all;
    }
  }

  async #length(log: string): Promise<number> {
    return (await this.readAll(log)).length;
  }
}
