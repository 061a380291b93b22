import type { Kind } from "@agon/content/kinds";
import { isKind, kindOfPlural } from "@agon/content/kinds";
import type { AccessControl, Article, Dimension, Playground } from "@agon/content/model";
import { resolveName } from "@agon/content/names";
import { may, type Guarded } from "./access.ts";
import type { Content } from "./content.ts";
import { embedsOf, partsOf, textOf, type Entry } from "./entry.ts";
import { SearchIndex, type Looker, type SearchItem } from "./search.ts";
import type { Viewer } from "./viewer.ts";

/** The origin's addresses lead to content that may be installed here (spec 8.6). */
const ORIGIN_LINK = /https?:\/\/labs\.iximiuz\.com\/([a-z-]+)\/([\w-]+)/g;
/** Changed items that are indexed at once; it takes a moment each. */
const AT_ONCE = 100;
/** Content that one page may lead to. */
const REFERENCES = 200;

/** Lists of a training that came with the arena: its program is for those in it, its first unit for all. */
const inClass = (name: string): AccessControl => ({
  canEnroll: ["authenticated"],
  canReadProgram: [`student:${name}`, "instructor", "owner"],
  canPreviewProgram: ["anyone"],
});

/** Who may do what, by `kind/name`; undefined = nothing is said. */
export type Lists = Pick<ReadonlyMap<string, Guarded>, "get">;

/** Content of all kinds as people find it: by name, by words, by what leads to it. */
export class Library {
  readonly #content: Content;
  #of: unknown = null;
  #byKind = new Map<Kind, Map<string, Entry>>();
  #index = new SearchIndex();
  /** Versions of what the index holds, by id. */
  #indexed = new Map<string, string>();
  #building = false;
  #lists: Lists = new Map();
  /** Trainings that content belongs to, by its id; made when first asked for. */
  #trainings: Map<string, Entry[]> | null = null;

  constructor(content: Content) {
    this.#content = content;
  }

  /** Access lists that this arena keeps, by `kind/name`; they count before a manifest's. */
  guard(lists: Lists): void {
    this.#lists = lists;
    // The author is searched, too.
    this.#of = null;
  }

  /** Follows the catalogue: a new one is indexed when somebody first asks. */
  #fresh(): void {
    const { catalogue } = this.#content;
    if (this.#of === catalogue) return;
    this.#byKind = new Map();
    this.#trainings = null;
    for (const entry of this.#content.entries.values()) {
      const of = this.#byKind.get(entry.kind) ?? new Map<string, Entry>();
      this.#byKind.set(entry.kind, of.set(entry.name, entry));
    }
    this.#of = catalogue;
    if (!this.#building) this.#reindex();
  }

  /** Takes over what changed: a little at once, much in the background while the old index answers. */
  #reindex(): void {
    const entries = this.#content.entries;
    const versionOf = (entry: Entry) => `${entry.version} ${this.guarded(entry).owner}`;
    const changed = [...entries.values()].filter(
      (entry) => this.#indexed.get(entry.id) !== versionOf(entry),
    );
    const gone = [...this.#indexed.keys()].filter((id) => !entries.has(id));
    const wanted = new Map([...entries.values()].map((entry) => [entry.id, versionOf(entry)]));
    if (changed.length <= AT_ONCE) {
      this.#index.apply(
        changed.map((entry) => this.#searched(entry)),
        gone,
      );
      this.#indexed = wanted;
      return;
    }
    this.#building = true;
    void SearchIndex.build([...entries.values()].map((entry) => this.#searched(entry))).then(
      (index) => {
        this.#index = index;
        this.#indexed = wanted;
        this.#building = false;
        // The catalogue may have changed meanwhile.
        this.#reindex();
      },
    );
  }

  #searched(entry: Entry): SearchItem {
    const parts = [...partsOf(entry.parts)].map((part) => `${part.title} ${part.body}`);
    return {
      ...entry,
      author: this.guarded(entry).owner,
      text: [entry.body, ...parts].join("\n"),
      date: entry.updatedAt || entry.createdAt,
    };
  }

  get index(): SearchIndex {
    this.#fresh();
    return this.#index;
  }

  /** By its name, with or without a suffix, `_` as `-`. */
  find(kind: string, name: string): Entry | undefined {
    this.#fresh();
    return isKind(kind) ? resolveName(this.#byKind.get(kind) ?? new Map(), name) : undefined;
  }

  byId(id: string): Entry | undefined {
    return this.#content.entries.get(id);
  }

  guarded(entry: Entry): Guarded {
    const known = this.#lists.get(entry.id);
    if (known) return known;
    const manifest: AccessControl = entry.playground?.accessControl ?? {};
    if (entry.kind === "playground") return { owner: "", lists: manifest };
    return { owner: "", lists: entry.kind === "training" ? inClass(entry.name) : {} };
  }

  /** Whether somebody teaches a training, or one whose texts lead to this content (spec 9, `instructor`). */
  instructs(viewer: Viewer | null, entry: Entry): boolean {
    if (!viewer) return false;
    const teaches = (training: Entry) => {
      const owner = this.#lists.get(training.id)?.owner ?? "";
      return (
        (owner ? owner === viewer.handle : viewer.role === "operator") ||
        (viewer.teaches?.includes(training.name) ?? false)
      );
    };
    if (entry.kind === "training") return teaches(entry);
    return (this.#trainingsOf(entry) ?? []).some(teaches);
  }

  #trainingsOf(entry: Entry): Entry[] | undefined {
    this.#fresh();
    if (!this.#trainings) {
      this.#trainings = new Map();
      for (const training of this.#byKind.get("training")?.values() ?? [])
        for (const { kind, name } of embedsOf(training)) {
          const id = this.find(kind, name)?.id;
          if (id) this.#trainings.set(id, [...(this.#trainings.get(id) ?? []), training]);
        }
    }
    return this.#trainings.get(entry.id);
  }

  may(viewer: Viewer | null, dimension: Dimension, entry: Entry): boolean {
    return may(this.guarded(entry), dimension, viewer, () => this.instructs(viewer, entry));
  }

  /**
   * The same of what plays are made of: a challenge's name or `kind/name`, perhaps with a part. What is no
   * part of the catalogue has no lists here.
   */
  mayPlay(viewer: Viewer | null, dimension: Dimension, key: string): boolean {
    const [kind, name] = key.includes("/") ? key.split("/") : ["challenge", key];
    const entry = this.byId(`${kind}/${name}`);
    return !entry || this.may(viewer, dimension, entry);
  }

  /** Whether plays on a playground, and on all that it is derived from, are open to somebody (spec 3.2). */
  mayUse(viewer: Viewer | null, playground: Playground): boolean {
    const seen = new Set<string>();
    for (let one: Playground | undefined = playground; one && !seen.has(one.name);) {
      seen.add(one.name);
      const entry = this.byId(`playground/${one.name}`);
      // What left the catalogue keeps the lists that it had.
      const guarded = entry ? this.guarded(entry) : { owner: "", lists: one.accessControl ?? {} };
      const teaches = () => entry !== undefined && this.instructs(viewer, entry);
      if (!may(guarded, "canStart", viewer, teaches)) return false;
      const base: string | undefined = (entry?.playground ?? one).base;
      one = base ? (this.byId(`playground/${base}`)?.playground ?? undefined) : undefined;
    }
    return true;
  }

  /** For searches: each answer is kept as long as the looker. */
  looker(viewer: Viewer | null, statusOf: (entry: Entry) => string): Looker {
    const statuses = new Map<string, string>();
    return {
      sees: (id) => {
        const entry = this.byId(id);
        return entry !== undefined && this.may(viewer, "canList", entry);
      },
      statusOf: (id) => {
        const known = statuses.get(id);
        if (known !== undefined) return known;
        const entry = this.byId(id);
        const status = entry ? statusOf(entry) : "todo";
        statuses.set(id, status);
        return status;
      },
    };
  }

  /** What an article's cards and links lead to, as far as it is here and this viewer may read it. */
  references(article: Pick<Article, "body" | "embeds" | "parts">, viewer: Viewer | null): Entry[] {
    const found = new Map<string, Entry>();
    const add = (entry: Entry | undefined) => {
      if (entry && found.size < REFERENCES && this.may(viewer, "canRead", entry))
        found.set(entry.id, entry);
    };
    for (const embed of embedsOf(article)) add(this.find(embed.kind, embed.name));
    for (const [, plural, name] of textOf(article).matchAll(ORIGIN_LINK)) {
      const kind = kindOfPlural(plural!);
      if (kind) add(this.find(kind, name!));
    }
    return [...found.values()];
  }
}
