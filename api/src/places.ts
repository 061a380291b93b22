import type { PlayDoc } from "./models/play.ts";
import type { PlaceDoc, Store } from "./models/store.ts";
import { isDuplicate } from "./models/store.ts";

/** A place that was taken by a process that died before it wrote the play is free after this many ms. */
const ABANDONED = 60_000;
/** One that was taken less than this many ms ago stays: who took it may be about to write why. */
const FRESH = 5_000;

/** Places that only one play can hold: each is a document, and inserting it is taking it. */
export class Places {
  #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** @returns false when another play holds it. */
  async take(id: string, play: string): Promise<boolean> {
    try {
      await this.#store.places.collection.insertOne({ _id: id, play, at: Date.now() } as never);
      return true;
    } catch (error) {
      if (isDuplicate(error)) return false;
      throw error;
    }
  }

  of(id: string): Promise<PlaceDoc | null> {
    return this.#store.places.findById(id).lean<PlaceDoc>().exec();
  }

  async leave(id: string, play: string): Promise<void> {
    await this.#store.places.deleteOne({ _id: id, play });
  }

  /** Takes one of the numbered places of a user, or finds the one that the play has already. @returns its id, or null when all are taken. */
  async takeOf(
    kind: "seat" | "kept",
    user: string,
    max: number,
    play: string,
  ): Promise<string | null> {
    const ids = Array.from({ length: max }, (_, index) => `${kind}:${user}:${index + 1}`);
    const taken = await this.#store.places.find({ _id: { $in: ids } }).lean<PlaceDoc[]>();
    const own = taken.find((place) => place.play === play);
    // Its age tells a sweep that is under way that it is wanted again.
    if (own) {
      const again = { $set: { at: Date.now() } };
      const kept = await this.#store.places.updateOne({ _id: own._id, play }, again);
      if (kept.matchedCount) return own._id;
    }
    for (const id of ids) {
      if (await this.take(id, play)) return id;
      const place = await this.of(id);
      if (!place || !(await this.#isFree(kind, place))) continue;
      await this.#store.places.deleteOne({ _id: id, play: place.play, at: place.at });
      if (await this.take(id, play)) return id;
    }
    return null;
  }

  /** Nobody needs it: its play is over, was never written, or stands still and no longer needs a seat. */
  async #isFree(kind: "seat" | "kept", place: PlaceDoc): Promise<boolean> {
    const holder = await this.#store.plays
      .findById(place.play, { open: 1, "view.state": 1 })
      .lean<Pick<PlayDoc, "open"> & { view: { state: string } }>();
    if (!holder) return place.at < Date.now() - ABANDONED;
    if (place.at > Date.now() - FRESH) return false;
    return !holder.open || (kind === "seat" && holder.view.state === "STOPPED");
  }

  /** Gives back the numbered places of one kind that a play holds, unless it took them a moment ago. */
  async leaveOf(kind: "seat" | "kept", play: Pick<PlayDoc, "_id" | "owner">): Promise<void> {
    await this.#store.places.deleteMany({
      play: play._id,
      _id: { $gte: `${kind}:${play.owner}:`, $lt: `${kind}:${play.owner};` },
      at: { $lt: Date.now() - FRESH },
    });
  }

  /** How many of a kind a user holds. */
  async count(kind: "seat" | "kept", user: string): Promise<number> {
    return this.#store.places.countDocuments({
      _id: { $gte: `${kind}:${user}:`, $lt: `${kind}:${user};` },
    });
  }

  /** Gives all places of a play to another one. */
  async hand(from: string, to: string): Promise<void> {
    await this.#store.places.updateMany({ play: from }, { $set: { play: to } });
  }

  /** Gives back everything that a play holds. */
  async leaveAll(play: string): Promise<void> {
    await this.#store.places.deleteMany({ play });
  }
}
