import { For, Show, createSignal } from "solid-js";
import { KIND_WORDS } from "~/content/types";
import type { CatalogueQuery, Facet } from "./query";

export interface FacetCount {
  facet: Facet;
  value: string;
  count: number;
}

const LABELS: Record<Facet, string> = {
  status: "Status",
  kind: "Kind",
  difficulty: "Difficulty",
  category: "Topic",
  tag: "Tag",
  author: "Author",
};
const ORDER: Facet[] = ["status", "kind", "difficulty", "category", "tag", "author"];
/** These have an order of their own; others stand as api counts them. */
const FIXED: Partial<Record<Facet, string[]>> = {
  status: ["solved", "attempted", "todo"],
  difficulty: ["easy", "medium", "hard"],
};
export const STATUS_WORDS: Record<string, string> = {
  solved: "Solved",
  attempted: "In progress",
  todo: "Not started",
};
/** Values that are shown before somebody asks for more. */
const FEW = 8;

const titled = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

function word(facet: Facet, value: string): string {
  if (facet === "status") return STATUS_WORDS[value] ?? value;
  if (facet === "kind") return KIND_WORDS[value]?.[1] ?? value;
  return facet === "tag" || facet === "author" ? value : titled(value);
}

/** The filters, each value with how much it would show. */
export function Facets(props: {
  counts: FacetCount[];
  query: CatalogueQuery;
  /** Filters that the page itself has set, or that say nothing to its reader. */
  without: Facet[];
  open: boolean;
}) {
  const values = (facet: Facet): FacetCount[] => {
    const of = props.counts.filter((one) => one.facet === facet);
    const fixed = FIXED[facet];
    return fixed
      ? fixed.map((value) => of.find((one) => one.value === value) ?? { facet, value, count: 0 })
      : of;
  };
  return (
    <aside class="side facets" classList={{ open: props.open }} aria-label="Filters" id="filters">
      <For each={ORDER.filter((facet) => !props.without.includes(facet))}>
        {(facet) => (
          <Show when={values(facet).length > (facet === "author" ? 1 : 0)}>
            <FacetGroup facet={facet} values={values(facet)} query={props.query} />
          </Show>
        )}
      </For>
    </aside>
  );
}

function FacetGroup(props: { facet: Facet; values: FacetCount[]; query: CatalogueQuery }) {
  const [all, setAll] = createSignal(false);
  const chosen = (value: string) => props.query.chosen(props.facet).includes(value);
  const shown = () =>
    all() ? props.values : props.values.filter((one, at) => at < FEW || chosen(one.value));
  return (
    <fieldset>
      <legend>{LABELS[props.facet]}</legend>
      <For each={shown()}>
        {(one) => (
          <button
            type="button"
            class="check"
            role="checkbox"
            aria-checked={chosen(one.value)}
            onClick={() => props.query.toggle(props.facet, one.value)}
          >
            {word(props.facet, one.value)}
            <span class="n">{one.count}</span>
          </button>
        )}
      </For>
      <Show when={props.values.length > shown().length || all()}>
        <button type="button" class="btn quiet sm" onClick={() => setAll(!all())}>
          {all() ? "Fewer" : `${props.values.length - shown().length} more`}
        </button>
      </Show>
    </fieldset>
  );
}
