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
/** Values of one facet that are told, the most frequent first. */
const VALUES = 40;

/** Markdown without its signs: code and names stay words. */
function words(markdown: string): string {
  return markdown.slice(0, TEXT).replaceAll(/^-{3,}$|^:{2,}.*$|^:?[\w-]+:\s|[`*_#>|[\]()]+/gm, " ");
}

/** A full-text index of the catalogue in memory. Built anew when the catalogue changes. */
export class SearchIndex {
  readonly #items: Map<string, SearchItem>;
  readonly #index: MiniSearch<SearchItem>;
  /** Ids with the newest first. */
  readonly #order: string[];
  /** Ids of items with a tag or category, for what is related. */
  readonly #byMark = new Map<string, string[]>();

  constructor(items: Iterable<SearchItem>) {
    const all = [...items];
    this.#items = new Map(all.map((item) => [item.id, item]));
    this.#index = new MiniSearch<SearchItem>({
      fields: ["title", "name", "tags", "categories", "description", "text"],
      extractField: (item, field) => {
        const value = item[field as keyof SearchItem];
        if (field === "text") return words(item.text);
        return Array.isArray(value) ? value.join(" ") : value;
      },
      searchOptions: {
        combineWith: "AND",
        boost: { title: 6, name: 4, tags: 4, categories: 2, description: 2 },
        // A short word with a mistake is another word.
        fuzzy: (term) => (term.length < 4 ? false : term.length < 8 ? 1 : 2),
        maxFuzzy: 2,
        prefix: (term, at, terms) => at === terms.length - 1 && term.length > 1,
        weights: { fuzzy: 0.3, prefix: 0.6 },
      },
    });
    this.#index.addAll(all);
    this.#order = all
      .toSorted((a, b) => b.date.localeCompare(a.date) || a.title.localeCompare(b.title))
      .map((item) => item.id);
    for (const item of all)
      for (const mark of marksOf(item)) {
        const same = this.#byMark.get(mark);
        if (same) same.push(item.id);
        else this.#byMark.set(mark, [item.id]);
      }
  }

  get size(): number {
    return this.#items.size;
  }

  /** Ids that fit the words, the best first; all, the newest first, when there are no words. */
  #found(text: string): string[] {
    const terms = text
      .trim()
      .split(/\s+/)
      .filter(Boolean)
      .slice(0, WORDS)
      .map((term) => term.slice(0, LONGEST_WORD));
    if (terms.length === 0) return this.#order;
    return this.#index.search(terms.join(" ")).map((hit) => String(hit.id));
  }

  /** Searches, filters and counts in one pass over what fits the words. */
  search(text: string, filters: Filters, looker: Looker, after = 0, first = 50): SearchResult {
    const counts = new Map<Facet, Map<string, number>>(FACETS.map((facet) => [facet, new Map()]));
    const wanted = FACETS.filter((facet) => filters[facet]?.length);
    const ids: string[] = [];
    let total = 0;
    for (const id of this.#found(text)) {
      const item = this.#items.get(id);
      if (!item || !looker.sees(id)) continue;
      const values = valuesOf(item, looker.statusOf(id));
      const missed = wanted.filter(
        (facet) => !values[facet].some((value) => filters[facet]!.includes(value)),
      );
      // Of the values of a facet counts what fits all others.
      if (missed.length > 1) continue;
      for (const facet of missed.length ? missed : FACETS) {
        const of = counts.get(facet)!;
        for (const value of values[facet]) of.set(value, (of.get(value) ?? 0) + 1);
      }
      if (missed.length) continue;
      if (total >= after && ids.length < first) ids.push(id);
      total++;
    }
    const facets = FACETS.flatMap((facet) => {
      // A chosen value stays, even when nothing fits it any more.
      for (const value of filters[facet] ?? [])
        if (!counts.get(facet)!.has(value)) counts.get(facet)!.set(value, 0);
      return [...counts.get(facet)!]
        .toSorted(([a, x], [b, y]) => y - x || a.localeCompare(b))
        .slice(0, VALUES)
        .map(([value, count]) => ({ facet, value, count }));
    });
    return { ids, total, facets };
  }

  /** What shares the rarest tags and categories with an item, the nearest first. */
  related(id: string, sees: (id: string) => boolean, most = 4): string[] {
    const item = this.#items.get(id);
    if (!item) return [];
    const scores = new Map<string, number>();
    for (const mark of marksOf(item)) {
      const same = this.#byMark.get(mark) ?? [];
      // A common tag says more than a common category.
      const weight =
        (mark.startsWith("tag ") ? 2 : 1) * Math.log(1 + this.#items.size / same.length);
      for (const other of same)
        if (other !== id) scores.set(other, (scores.get(other) ?? 0) + weight);
    }
    return [...scores]
      .filter(([other]) => sees(other))
      .toSorted(([a, x], [b, y]) => y - x || a.localeCompare(b))
      .slice(0, most)
      .map(([other]) => other);
  }
}

const marksOf = (item: SearchItem): string[] => [
  ...item.tags.map((tag) => `tag ${tag}`),
  ...item.categories.map((category) => `category ${category}`),
];

function valuesOf(item: SearchItem, status: string): Record<Facet, string[]> {
  return {
    kind: [item.kind],
    category: item.categories,
    tag: item.tags,
    difficulty: item.difficulties,
    status: [status],
    author: item.author ? [item.author] : [],
  };
}
