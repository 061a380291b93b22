import { useSearchParams } from "@solidjs/router";

/** Filters of the catalogue, as api names them. */
export const FACETS = ["kind", "category", "tag", "difficulty", "status", "author"] as const;
export type Facet = (typeof FACETS)[number];

/** Rows of one page. */
export const PAGE = 50;

/** The search as the address has it: words, chosen values, and the page. */
export function useCatalogueQuery() {
  const [params, setParams] = useSearchParams<
    Record<Facet, string | string[]> & { search?: string; page?: string }
  >();
  const chosen = (facet: Facet): string[] => {
    const value = params[facet];
    return value === undefined ? [] : Array.isArray(value) ? value : [value];
  };
  const page = () => Math.max(1, Math.floor(Number(params.page ?? 1)) || 1);
  return {
    search: () => String(params.search ?? ""),
    chosen,
    page,
    /** Each key stroke is not a step of the history. */
    setSearch: (words: string) =>
      setParams({ search: words || undefined, page: undefined } as never, { replace: true }),
    toggle: (facet: Facet, value: string) => {
      const now = chosen(facet);
      const next = now.includes(value) ? now.filter((one) => one !== value) : [...now, value];
      setParams({ [facet]: next.length ? next : undefined, page: undefined } as never);
    },
    setPage: (to: number) => setParams({ page: to > 1 ? String(to) : undefined } as never),
    clear: () =>
      setParams(
        Object.fromEntries(["search", "page", ...FACETS].map((key) => [key, undefined])) as never,
      ),
    any: () => Boolean(params.search) || FACETS.some((facet) => chosen(facet).length > 0),
  };
}
export type CatalogueQuery = ReturnType<typeof useCatalogueQuery>;
