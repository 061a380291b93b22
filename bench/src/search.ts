/**
 * ./agon bench search [--items N] [--json]: how fast the catalogue is searched.
 *
 * N made-up tutorials (default 10,000; 250 words each) are written into the library of a real arena,
 * which loads and indexes them as it does any content. Then, one at a time over HTTP on loopback, in ms:
 *
 * - `search`: the GraphQL operation of the catalogue page (words, filters with counts of all facets, the
 *   first 50 rows), from the request to the parsed answer. Words are a topic, two topics, a word of the
 *   texts, a beginning as one types it, and each of them with a typing error; a third also has filters.
 * - `search-typo`: of those, the ones with a typing error, which look at the most of the index.
 * - `no-words`: the same page without words and filters: everything, counted.
 * - `linear-scan`: looking at every item in memory for the same words, without typing errors, counts,
 *   ranks or HTTP. It is the baseline of the others.
 *
 * Each search has to find the item that it was made from, or the run fails: a fast wrong answer is none.
 */
import { parseArgs } from "node:util";
import { setTimeout as pause } from "node:timers/promises";
import { draws, madeUp, publish, type MadeUp } from "./library.ts";
import { measure, percentile, type Measure } from "./measure.ts";
import { measuresJson, measuresTable, type Aim } from "./report.ts";

/** Searches that are measured, and made before. */
const SAMPLES = 500;
const WARM_UP = 50;
/** Milliseconds for the arena to take the library in. */
const LOADING = 300_000;
/** Whole answers in a row after which every process has the library. */
const ANSWERS = 20;

const { values } = parseArgs({
  options: { items: { type: "string", default: "10000" }, json: { type: "boolean" } },
});
const count = Number(values.items);
const endpoint = process.env["AGON_ENDPOINT"] ?? "";
const library = process.env["AGON_LIBRARY_DIR"] ?? "";
if (!endpoint || !library) throw new Error("This is started by ./agon bench search");
if (!Number.isInteger(count) || count < 100 || count > 100_000)
  throw new Error("--items takes a number from 100 to 100000");

const tell = (text: string) => process.stderr.write(`· ${text}\n`);

const QUERY = `query($search: String, $category: [String!], $tag: [String!]) {
  catalogue(search: $search, category: $category, tag: $tag, first: 50) {
    total
    items { kind name title description difficulties categories tags status progress { done total } }
    facets { facet value count }
  }
}`;

interface Answer {
  total: number;
  items: { name: string }[];
}

async function catalogue(variables: Record<string, unknown>): Promise<Answer> {
  const response = await fetch(`${endpoint}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query: QUERY, variables }),
  });
  const { data, errors } = (await response.json()) as {
    data?: { catalogue: Answer };
    errors?: { message: string }[];
  };
  if (!data) throw new Error(errors?.[0]?.message ?? `HTTP ${response.status}`);
  return data.catalogue;
}

interface Search {
  words: string;
  typo: boolean;
  filters: { category?: string[]; tag?: string[] };
  /** Fits: what was meant, whatever else is found. */
  from: MadeUp;
}

/** A search that somebody could make who looks for this item. */
function searchFor(item: MadeUp, draw: () => number): Search {
  const words = item.text.split(" ");
  const said = [
    item.tags[0]!,
    `${item.tags[0]} ${item.title.split(" ")[0]!.toLowerCase()}`,
    words[Math.floor(draw() * words.length)]!,
    item.tags[0]!.slice(0, 4),
  ][Math.floor(draw() * 4)]!;
  const typo = draw() < 0.4 && said.length >= 6;
  const at = 2 + Math.floor(draw() * (said.split(" ")[0]!.length - 3));
  const swapped = `${said.slice(0, at)}${said[at] === "q" ? "w" : "q"}${said.slice(at + 1)}`;
  const filters = draw() < 1 / 3 ? { category: item.categories, tag: [item.tags.at(-1)!] } : {};
  return { words: typo ? swapped : said, typo, filters, from: item };
}

/** What the baseline does: every item, every word, as they are. */
function scan(items: readonly MadeUp[], { words, filters }: Search): number {
  const wanted = words.toLowerCase().split(" ");
  return items.filter((item) => {
    const text = [item.title, item.description, item.text, ...item.tags, ...item.categories]
      .join(" ")
      .toLowerCase();
    return (
      wanted.every((one) => text.includes(one)) &&
      (!filters.category || item.categories.some((one) => filters.category!.includes(one))) &&
      (!filters.tag || item.tags.some((one) => filters.tag!.includes(one)))
    );
  }).length;
}

async function bench(): Promise<Measure[]> {
  const items = madeUp(count);
  const begun = performance.now();
  const other = (await catalogue({})).total;
  publish(library, items);
  const until = Date.now() + LOADING;
  // Each process of api takes it in by itself; answers come from any of them.
  for (let whole = 0; whole < ANSWERS;) {
    whole = (await catalogue({})).total < count + other ? 0 : whole + 1;
    if (Date.now() > until) throw new Error("The arena did not take the library in.");
    if (whole === 0) await pause(500);
  }
  tell(
    `${count} items are in the catalogue after ${((performance.now() - begun) / 1000).toFixed(1)} s`,
  );
  const draw = draws(7);
  const searches = Array.from({ length: WARM_UP + SAMPLES }, () =>
    searchFor(items[Math.floor(draw() * items.length)]!, draw),
  );
  const samples: number[] = [];
  const typos: number[] = [];
  const scans: number[] = [];
  for (const [at, search] of searches.entries()) {
    const from = performance.now();
    const { total } = await catalogue({ search: search.words, ...search.filters });
    const took = performance.now() - from;
    if (total === 0)
      throw new Error(
        `"${search.words}" does not find what it was made from: ${search.from.title}`,
      );
    const scanFrom = performance.now();
    scan(items, search);
    const scanned = performance.now() - scanFrom;
    if (at < WARM_UP) continue;
    samples.push(took);
    if (search.typo) typos.push(took);
    scans.push(scanned);
  }
  const everything: number[] = [];
  for (let at = 0; at < 100; at++) {
    const from = performance.now();
    await catalogue({});
    everything.push(performance.now() - from);
  }
  const baseline = { name: "linear-scan", p50: percentile(scans, 50) };
  return [
    measure("search", "ms", samples, baseline),
    measure("search-typo", "ms", typos, baseline),
    measure("no-words", "ms", everything, baseline),
    measure("linear-scan", "ms", scans, baseline),
  ];
}

try {
  const measures = await bench();
  const aims: Aim[] = [{ name: "search", p95: 100 }];
  console.log(values.json ? measuresJson(measures) : measuresTable(measures, aims));
} catch (error) {
  console.error(`bench search: ${(error as Error).message}`);
  process.exitCode = 1;
}
