import type { MarkDoc, Store } from "./models/store.ts";
import { isDuplicate } from "./models/store.ts";
import type { Viewer } from "./viewer.ts";

const markId = (user: string, key: string): string => `${user}:${key}`;

/** What readers marked complete. A mark is one document; the tally only repeats it, for reading at once. */
export class Marks {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Marks, or takes the mark back. Twice is the same as once; a crash in between is repaired by doing it again. */
  async set(viewer: Viewer, key: string, on: boolean): Promise<void> {
    const _id = markId(viewer.id, key);
    const at = Date.now();
    if (on)
      try {
        await this.#store.marks.collection.insertOne({ _id, user: viewer.id, key, at } as never);
      } catch (error) {
        if (!isDuplicate(error)) throw error;
      }
    else await this.#store.marks.deleteOne({ _id });
    const mark = on ? await this.#store.marks.findById(_id).lean<MarkDoc>() : null;
    await this.#store.tallies.updateOne(
      { _id: viewer.id },
      {
        $set: {
          handle: viewer.handle,
          ranked: viewer.role === "learner",
          ...(on ? { [`marks.${key}`]: mark?.at ?? at } : {}),
        },
        ...(on ? {} : { $unset: { [`marks.${key}`]: "" } }),
      },
      { upsert: true },
    );
  }
}
