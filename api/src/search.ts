import MiniSearch from "minisearch";

/** What of an item can be searched and filtered. */
export interface SearchItem {
  /** `kind/name` */
  id: string;
  kind: string;
  name: string;
  title: string;
  description: string;
  categories: string[];
  tags: string[];
  difficulties: string[];
  author: string;
  /** Its whole text; only found, never shown. */
  text: string;
  /** ISO date; the newest come first where nothing else decides. */
  date: string;
}

/** Dimensions of a filter. Values of one are alternatives; dimensions add up. */
export const FACETS = ["kind", "category", "tag", "difficulty", "status", "author"] as const;
export type Facet = (typeof FACETS)[number];
export type Filters = Partial<Record<Facet, string[]>>;

export interface FacetCount {
  facet: Facet;
  value: string;
  /** Items that would be shown with this value instead of the others of its facet. */
  count: number;
}

export interface SearchResult {
  ids: string[];
  total: number;
  facets: FacetCount[];
}

/** What a person's search depends on besides its words. */
export interface Looker {
  sees: (id: string) => boolean;
  /** todo, attempted or solved. */
  statusOf: (id: string) => string;
}

/** Words of a search that count; more are left out, so that no query costs more than this. */
const WORDS = 12;
const LONGEST_WORD = 40;
/** Characters of a text that are indexed. */
const TEXT = 20_000;
/** Items with a word from which on it is no typing error. */
const THERE = 3;
/** A word in more than one of so many items is not completed: what it begins would be nearly everything. */
const FREQUENT = 5;
/** Values of one facet that are told, the most frequent first. */
const VALUES = 40;

const tokenize = MiniSearch.getDefault("tokenize") as (text: string) => string[];

/** Markdown without its signs: code and names stay words. */
function words(markdown: string): string {
  return markdown.slice(0, TEXT).replaceAll(/^-{3,}$|^:{2,}.*$|^:?[\w-]+:\s|[`*_#>|[\]()]+/gm, " ");
}

/** An item with its values of each facet as numbers: counting them is what a search does most. */
interface Known {
  item: SearchItem;
  values: Record<Exclude<Facet, "status">, readonly number[]>;
}

/** A full-text index of the catalogue in memory; changed items are taken over one by one. */
export class SearchIndex {
  readonly #known = new Map<string, Known>();
  readonly #index = new MiniSearch<SearchItem>({
    fields: ["title", "name", "tags", "categories", "description", "text"],
    extractField: (item, field) => {
      const value = item[field as keyof SearchItem];
      if (field === "text") return words(item.text);
      return Array.isArray(value) ? value.join(" ") : value;
    },
    searchOptions: {
      combineWith: "AND",
      boost: { title: 6, name: 4, tags: 4, categories: 2, description: 2 },
      // Of a word that is there, nobody means another one. A short word with a mistake is another word;
      // two letters that changed places are two mistakes.
      fuzzy: (term) =>
        term.length < 4 || this.#in(term) >= THERE ? false : term.length < 6 ? 1 : 2,
      maxFuzzy: 2,
      // The last word may not be whole yet.
      prefix: (term, at, terms) =>
        at === terms.length - 1 && term.length > 1 && this.#in(term) < this.size / FREQUENT,
      weights: { fuzzy: 0.3, prefix: 0.6 },
    },
  });
  /** Items that have a word. */
  readonly #having = new Map<string, number>();
  /** Numbers of a facet's values, and the values by their numbers. */
  readonly #numbers = new Map<string, number>();
  readonly #names: { facet: Facet; value: string }[] = [];
  /** Ids with the newest first. */
  #order: string[] = [];
  /** Ids of items with a tag or category, for what is related. */
  #byMark = new Map<string, string[]>();

  constructor(items: Iterable<SearchItem> = []) {
    for (const status of ["todo", "attempted", "solved"]) this.#number("status", status);
    this.apply(items, []);
  }

  #in(term: string): number {
    return this.#having.get(term) ?? 0;
  }

  /** Counts the words of an item that comes or goes. */
  #countWords(item: SearchItem, step: 1 | -1): void {
    const { title, name, description, tags, categories } = item;
    const text = [title, name, description, ...tags, ...categories, words(item.text)].join(" ");
    for (const term of new Set(tokenize(text).map((one) => one.toLowerCase()))) {
      const now = this.#in(term) + step;
      if (now > 0) this.#having.set(term, now);
      else this.#having.delete(term);
    }
  }

  /** Indexes many items without holding up what else the process does. */
  static async build(items: readonly SearchItem[], chunk = 25): Promise<SearchIndex> {
    const index = new SearchIndex();
    for (let at = 0; at < items.length; at += chunk) {
      for (const item of items.slice(at, at + chunk)) index.#add(item);
      await new Promise((done) => setImmediate(done));
    }
    index.#arrange();
    return index;
  }

  get size(): number {
    return this.#known.size;
  }

  /** Takes over what is new or changed, and forgets what is gone. */
  apply(changed: Iterable<SearchItem>, gone: Iterable<string>): void {
    for (const id of gone) this.#remove(id);
    for (const item of changed) this.#add(item);
    this.#arrange();
  }

  #add(item: SearchItem): void {
    this.#remove(item.id);
    const numbers = (facet: Facet, values: string[]) =>
      values.map((value) => this.#number(facet, value));
    this.#known.set(item.id, {
      item,
      values: {
        kind: numbers("kind", [item.kind]),
        category: numbers("category", item.categories),
        tag: numbers("tag", item.tags),
        difficulty: numbers("difficulty", item.difficulties),
        author: numbers("author", item.author ? [item.author] : []),
      },
    });
    this.#index.add(item);
    this.#countWords(item, 1);
  }

  #remove(id: string): void {
    const known = this.#known.get(id);
    if (!known) return;
    this.#known.delete(id);
    this.#index.discard(id);
    this.#countWords(known.item, -1);
  }

  #number(facet: Facet, value: string): number {
    const key = `${facet} ${value}`;
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    this.#numbers.set(key, this.#names.length);
    return this.#names.push({ facet, value }) - 1;
  }

  /** Of values that somebody asks for: what no item has gets no number, so nothing grows. */
  #numbersOf(facet: Facet, values: readonly string[]): Set<number> {
    return new Set(values.flatMap((value) => this.#numbers.get(`${facet} ${value}`) ?? []));
  }

  #arrange(): void {
    const all = [...this.#known.values()].map(({ item }) => item);
    this.#order = all
      .toSorted((a, b) => compare(b.date, a.date) || compare(a.title, b.title))
      .map((item) => item.id);
    this.#byMark = new Map();
    for (const item of all)
      for (const mark of marksOf(item)) {
        const same = this.#byMark.get(mark);
        if (same) same.push(item.id);
        else this.#byMark.set(mark, [item.id]);
      }
  }

  /** A short word that is nowhere, with the two neighbours exchanged that make it one: for the index that would be two mistakes, and too many. */
  #untangled(written: string): string {
    const term = written.toLowerCase();
    if (term.length < 4 || term.length > 5 || this.#in(term) > 0) return written;
    const meant = Array.from(
      { length: term.length - 1 },
      (_, at) => term.slice(0, at) + term[at + 1] + term[at] + term.slice(at + 2),
    )
      .filter((one) => this.#in(one) > 0)
      .toSorted((a, b) => this.#in(b) - this.#in(a))[0];
    // The beginning of a word is no mistake.
    if (!meant || [...this.#having.keys()].some((word) => word.startsWith(term))) return written;
    return meant;
  }

  /** Ids that fit the words, the best first; all, the newest first, when there are no words. */
  #found(text: string): string[] {
    const terms = text
      .trim()
      .split(/\s+/)
      .filter(Boolean)
      .slice(0, WORDS)
      .map((term) => this.#untangled(term.slice(0, LONGEST_WORD)));
    if (terms.length === 0) return this.#order;
    return this.#index.search(terms.join(" ")).map((hit) => String(hit.id));
  }

  /** Searches, filters and counts in one pass over what fits the words. */
  search(text: string, filters: Filters, looker: Looker, after = 0, first = 50): SearchResult {
    const chosen = FACETS.flatMap((facet) =>
      filters[facet]?.length ? [[facet, this.#numbersOf(facet, filters[facet])] as const] : [],
    );
    const counts: number[] = [];
    const count = (numbers: readonly number[]) => {
      for (const number of numbers) counts[number] = (counts[number] ?? 0) + 1;
    };
    const ids: string[] = [];
    let total = 0;
    for (const id of this.#found(text)) {
      const known = this.#known.get(id);
      if (!known || !looker.sees(id)) continue;
      const status = [this.#number("status", looker.statusOf(id))];
      const valuesOf = (facet: Facet) => (facet === "status" ? status : known.values[facet]);
      let missed: Facet | undefined;
      let misses = 0;
      for (const [facet, values] of chosen)
        if (!valuesOf(facet).some((value) => values.has(value))) {
          missed = facet;
          misses++;
        }
      // Of the values of a facet counts what fits all others.
      if (misses > 1) continue;
      if (missed) {
        count(valuesOf(missed));
        continue;
      }
      for (const facet of FACETS) count(valuesOf(facet));
      if (total >= after && ids.length < first) ids.push(id);
      total++;
    }
    const told = new Map<Facet, FacetCount[]>(FACETS.map((facet) => [facet, []]));
    counts.forEach((times, number) => {
      const { facet, value } = this.#names[number]!;
      told.get(facet)!.push({ facet, value, count: times });
    });
    // A chosen value stays, even when nothing fits it any more.
    for (const [facet, values] of told)
      for (const value of filters[facet] ?? [])
        if (!values.some((one) => one.value === value)) values.push({ facet, value, count: 0 });
    const facets = [...told].flatMap(([facet, values]) => {
      const sorted = values.toSorted((a, b) => b.count - a.count || compare(a.value, b.value));
      return sorted.filter(
        ({ value }, at) => at < VALUES || filters[facet]?.includes(value) === true,
      );
    });
    return { ids, total, facets };
  }

  /** What shares the rarest tags and categories with an item, the nearest first. */
  related(id: string, sees: (id: string) => boolean, most = 4): string[] {
    const item = this.#known.get(id)?.item;
    if (!item) return [];
    const scores = new Map<string, number>();
    for (const mark of marksOf(item)) {
      const same = this.#byMark.get(mark) ?? [];
      // A common tag says more than a common category.
      const weight =
        (mark.startsWith("tag ") ? 2 : 1) * Math.log(1 + this.#known.size / same.length);
      for (const other of same)
        if (other !== id) scores.set(other, (scores.get(other) ?? 0) + weight);
    }
    return [...scores]
      .filter(([other]) => sees(other))
      .toSorted(([a, x], [b, y]) => y - x || compare(a, b))
      .slice(0, most)
      .map(([other]) => other);
  }
}

/** By code units: thousands of names are put in order, and no language is theirs. */
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const marksOf = (item: SearchItem): string[] => [
  ...item.tags.map((tag) => `tag ${tag}`),
  ...item.categories.map((category) => `category ${category}`),
];
