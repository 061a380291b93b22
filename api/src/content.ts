import { playable } from "@agon/content/item";
import { emptyCatalogue } from "@agon/content/load";
import type { Kind } from "@agon/content/kinds";
import type { Catalogue, Challenge, ContentItem, ItemKey, Playground } from "@agon/content/model";
import { may, type Guarded } from "./access.ts";
import type { Viewer } from "./viewer.ts";
import { entryOfItem, entryOfPlayground, playableOf, type Entry } from "./entry.ts";
import type { ContentDoc, Store } from "./models/store.ts";

/** A playground that an author stored, and who may make something of it. */
export interface StoredPlayground {
  playground: Playground;
  guarded: Guarded;
}

/** The content that is offered now, and every version that a play ever used. */
export class Content {
  #store: Store;
  #folders: Catalogue = emptyCatalogue();
  #stored: readonly ContentItem[] = [];
  #grounds: readonly StoredPlayground[] = [];
  #catalogue: Catalogue = emptyCatalogue();
  #entries = new Map<string, Entry>();
  #versions = new Map<string, Challenge>();
  /** Versions that this process stored: none is ever removed. */
  #kept = new Set<string>();

  constructor(store: Store) {
    this.#store = store;
  }

  get catalogue(): Catalogue {
    return this.#catalogue;
  }

  /** Offers another catalogue from folders; running plays keep the version they started with. */
  offer(catalogue: Catalogue): void {
    this.#folders = catalogue;
    this.#merge();
  }

  /** Offers what authors stored, beside the folders; who may see it is the library's business. */
  publish(items: readonly ContentItem[], playgrounds: readonly StoredPlayground[]): void {
    this.#stored = items;
    this.#grounds = playgrounds.filter(
      ({ playground }) => !this.#folders.playgrounds.has(playground.name),
    );
    this.#merge();
  }

  /** Whether a folder of the arena has an item of this name: it wins over stored ones. */
  shipped(kind: Kind, name: string): boolean {
    return kind === "playground"
      ? this.#folders.playgrounds.has(name)
      : this.#folders.items.has(`${kind}/${name}` as ItemKey);
  }

  /** What somebody's content may be made of: the arena's playgrounds, and stored ones that they may read. */
  playgroundsFor(who: Viewer): Map<string, Playground> {
    const known = new Map(this.#folders.playgrounds);
    for (const { playground, guarded } of this.#grounds)
      if (may(guarded, "canRead", who)) known.set(playground.name, playground);
    return known;
  }

  #merge(): void {
    const items = new Map(this.#folders.items);
    const challenges = new Map(this.#folders.challenges);
    for (const item of this.#stored) {
      if (items.has(`${item.kind}/${item.name}`)) continue;
      items.set(`${item.kind}/${item.name}`, item);
      const challenge = item.kind === "challenge" ? playable(item) : undefined;
      if (challenge && !challenges.has(item.name)) challenges.set(item.name, challenge);
    }
    this.#catalogue = { ...this.#folders, items, challenges };
    this.#entries = new Map(
      [
        ...[...items.values()].map(entryOfItem),
        ...[...this.#folders.playgrounds.values()].map(entryOfPlayground),
        ...this.#grounds.map(({ playground }) => entryOfPlayground(playground)),
      ].map((entry) => [entry.id, entry]),
    );
  }

  /** Everything that is offered, by `kind/name`. */
  get entries(): ReadonlyMap<string, Entry> {
    return this.#entries;
  }

  /** What a play is made of: a challenge by its name, all else as `kind/name` or `kind/name/part`. */
  current(name: string): Challenge | undefined {
    if (!name.includes("/")) return this.#catalogue.challenges.get(name);
    const [kind, item, ...path] = name.split("/");
    const entry = this.#entries.get(`${kind}/${item}`);
    return entry && entry.kind !== "challenge" ? playableOf(entry, path.join("/")) : undefined;
  }

  /** Stores a version before its first play starts. */
  async keep(challenge: Challenge): Promise<void> {
    const { version, name } = challenge;
    if (this.#kept.has(version)) return;
    await this.#store.contents.updateOne(
      { _id: version },
      { $set: { name, json: JSON.stringify(challenge) } },
      { upsert: true },
    );
    if (this.#kept.size > 2_000) this.#kept.clear();
    this.#kept.add(version);
  }

  /** The version a play started with. */
  async version(version: string, name: string): Promise<Challenge | null> {
    const current = this.current(name);
    if (current?.version === version) return current;
    const known = this.#versions.get(version);
    if (known) return known;
    const doc = await this.#store.contents.findById(version).lean<ContentDoc>();
    if (!doc) return null;
    const challenge = JSON.parse(doc.json) as Challenge;
    if (this.#versions.size > 200) this.#versions.clear();
    this.#versions.set(version, challenge);
    return challenge;
  }
}
