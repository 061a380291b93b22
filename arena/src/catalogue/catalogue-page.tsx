import { Show, createResource, createSignal, onCleanup, onMount } from "solid-js";
import { Shell } from "~/components/shell";
import { KIND_WORDS, ROW, type ContentRow } from "~/content/types";
import { ask } from "~/live/ask";
import { useMe } from "~/live/me";
import { Facets, type FacetCount } from "./facets";
import { FACETS, PAGE, useCatalogueQuery } from "./query";
import { Results } from "./results";

interface Found {
  total: number;
  items: ContentRow[];
  facets: FacetCount[];
}

const QUERY = `query($search: String, $kind: [String!], $category: [String!], $tag: [String!], $difficulty: [String!], $status: [String!], $author: [String!], $first: Int, $after: Int) {
  catalogue(search: $search, kind: $kind, category: $category, tag: $tag, difficulty: $difficulty, status: $status, author: $author, first: $first, after: $after) {
    total items { ${ROW} } facets { facet value count }
  }
}`;

/** Everything that can be learned here, by words and filters; of one kind when the page is of that kind. */
export function CataloguePage(props: { kind?: string }) {
  const { me } = useMe();
  const query = useCatalogueQuery();
  const [open, setOpen] = createSignal(false);
  const variables = () => ({
    ...Object.fromEntries(FACETS.map((facet) => [facet, query.chosen(facet)])),
    ...(props.kind && { kind: [props.kind] }),
    search: query.search(),
    first: PAGE,
    after: (query.page() - 1) * PAGE,
  });
  const [found, { refetch }] = createResource(
    () => JSON.stringify([variables(), me()?.id ?? ""]),
    async (asked) =>
      (await ask<{ catalogue: Found }>(QUERY, (JSON.parse(asked) as [object])[0] as never))
        .catalogue,
  );
  // latest: the rows stay while others are fetched.
  const rows = () => found.latest?.items ?? [];
  const total = () => found.latest?.total ?? 0;
  const words = () => (props.kind ? KIND_WORDS[props.kind]?.[1] : undefined) ?? "Catalogue";
  const pages = () => Math.ceil(total() / PAGE);
  let field!: HTMLInputElement;
  let table!: HTMLDivElement;
  onMount(() => {
    const keys = (event: KeyboardEvent) => {
      const typing = (event.target as HTMLElement).closest("input, textarea, select, dialog");
      if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key !== "/" && event.key !== "f") return;
      event.preventDefault();
      field.focus();
    };
    addEventListener("keydown", keys);
    onCleanup(() => removeEventListener("keydown", keys));
  });
  /** Arrow keys walk the titles; from the search field, down leads to the first. */
  const walk = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    const links = [...table.querySelectorAll<HTMLElement>("a.strong")];
    const next = links.indexOf(document.activeElement as HTMLElement) + step;
    event.preventDefault();
    if (next < 0) field.focus();
    else links[next]?.focus();
  };
  return (
    <Shell title={words()}>
      <div class="catcols">
        <Facets
          counts={found.latest?.facets ?? []}
          query={query}
          without={[...(props.kind ? ["kind" as const] : []), ...(me() ? [] : ["status" as const])]}
          open={open()}
        />
        <main>
          <div class="pagehead">
            <div>
              <h1 class="t-title">{words()}</h1>
              <p class="dim" role="status">
                {total() === 1
                  ? "1 fits."
                  : `${total().toLocaleString("en")} ${query.any() ? "fit" : "in all"}.`}{" "}
                <Show when={props.kind === "challenge"}>
                  Each is proven every night by its own solutions.
                </Show>
              </p>
            </div>
            <div class="end" role="search">
              <input
                ref={field}
                class="field"
                type="search"
                placeholder="Search, press /"
                aria-label="Search"
                value={query.search()}
                onInput={(event) => query.setSearch(event.currentTarget.value)}
                onKeyDown={walk}
              />
              <button
                type="button"
                class="btn facetbutton"
                aria-expanded={open()}
                aria-controls="filters"
                onClick={() => setOpen(!open())}
              >
                Filters
              </button>
            </div>
          </div>
          <Show when={found.error}>
            <div class="formerror" role="alert">
              {(found.error as Error).message}{" "}
              <button type="button" class="btn sm" onClick={() => void refetch()}>
                Try again
              </button>
            </div>
          </Show>
          <div class="panel tablewrap" ref={table} onKeyDown={walk}>
            <Results
              rows={rows()}
              mixed={!props.kind}
              empty={
                <Show
                  when={query.any()}
                  fallback={
                    found.latest ? (
                      "There is nothing here yet."
                    ) : (
                      <span class="late">Searching</span>
                    )
                  }
                >
                  <h2 class="t-head">Nothing fits</h2>
                  <p style="margin:8px 0 16px">
                    Try fewer words or filters. Typing errors are forgiven.
                  </p>
                  <button type="button" class="btn" onClick={() => query.clear()}>
                    Clear all filters
                  </button>
                </Show>
              }
            />
          </div>
          <Show when={pages() > 1}>
            <nav class="turn" aria-label="Pages">
              <button
                type="button"
                class="btn"
                disabled={query.page() <= 1}
                onClick={() => query.setPage(query.page() - 1)}
              >
                Previous page
              </button>
              <span class="meta">
                Page {query.page()} of {pages()}
              </span>
              <button
                type="button"
                class="btn"
                disabled={query.page() >= pages()}
                onClick={() => query.setPage(query.page() + 1)}
              >
                Next page
              </button>
            </nav>
          </Show>
        </main>
      </div>
    </Shell>
  );
}
