import { A, useSearchParams } from "@solidjs/router";
import { For, Show, createMemo, createResource, createSignal, onCleanup, onMount } from "solid-js";
import { Difficulty, Glyph } from "~/components/icon";
import { Shell } from "~/components/shell";
import { ask } from "~/live/ask";
import { useMe } from "~/live/me";
import { CHALLENGE_ROW, type Challenge } from "~/live/types";

const GLYPH: Record<string, string> = { solved: "completed", attempted: "running" };
const WORD: Record<string, string> = {
  solved: "Solved",
  attempted: "In progress",
  todo: "Not started",
};

const LEVELS: [string, string][] = [
  ["easy", "Easy"],
  ["medium", "Medium"],
  ["hard", "Hard"],
];

export default function Catalogue() {
  const { me } = useMe();
  const [query, setQuery] = useSearchParams<{
    search?: string;
    category?: string;
    difficulty?: string;
    status?: string;
  }>();
  const [all, { refetch }] = createResource(
    () => me()?.id ?? "nobody",
    async () =>
      (await ask<{ challenges: Challenge[] }>(`{ challenges { ${CHALLENGE_ROW} } }`)).challenges,
  );
  const categories = createMemo(() =>
    [...new Set((all.latest ?? []).flatMap((one) => one.categories))].sort(),
  );
  /** What fits every filter but one. */
  const matching = (but?: "category" | "difficulty" | "status") => {
    const words = (query.search ?? "").toLowerCase().split(/\s+/).filter(Boolean);
    return (all.latest ?? []).filter((one) => {
      const text =
        `${one.title} ${one.description} ${one.tags.join(" ")} ${one.categories.join(" ")}`.toLowerCase();
      return (
        words.every((word) => text.includes(word)) &&
        (but === "category" || !query.category || one.categories.includes(query.category)) &&
        (but === "difficulty" || !query.difficulty || one.difficulty === query.difficulty) &&
        (but === "status" || !query.status || one.status === query.status)
      );
    });
  };
  const shown = createMemo(() => matching());
  const [open, setOpen] = createSignal(false);
  /** How many would be shown if one more choice were made. */
  const count = (key: "category" | "difficulty" | "status", value: string) =>
    matching(key).filter((one) =>
      key === "category" ? one.categories.includes(value) : one[key] === value,
    ).length;
  const facet = (
    label: string,
    key: "category" | "difficulty" | "status",
    options: [string, string][],
  ) => (
    <fieldset>
      <legend>{label}</legend>
      <For each={options}>
        {([value, text]) => (
          <button
            type="button"
            class="check"
            role="checkbox"
            aria-checked={query[key] === value}
            onClick={() => setQuery({ [key]: query[key] === value ? undefined : value })}
          >
            {text}
            <span class="n">{count(key, value)}</span>
          </button>
        )}
      </For>
    </fieldset>
  );
  const filtered = () =>
    Boolean(query.search || query.category || query.difficulty || query.status);
  const clear = () =>
    setQuery({
      search: undefined,
      category: undefined,
      difficulty: undefined,
      status: undefined,
    });
  let field!: HTMLInputElement;
  let table!: HTMLTableElement;
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
    <Shell title="Challenges">
      <div class="catcols">
        <aside class="side facets" classList={{ open: open() }} aria-label="Filters">
          {facet("Status", "status", Object.entries(WORD))}
          {facet("Difficulty", "difficulty", LEVELS)}
          {facet(
            "Topic",
            "category",
            categories().map((one) => [one, one.charAt(0).toUpperCase() + one.slice(1)]),
          )}
        </aside>
        <main>
          <div class="pagehead">
            <div>
              <h1 class="t-title">Challenges</h1>
              <p class="dim" role="status">
                {filtered()
                  ? `${shown().length} of ${all.latest?.length ?? 0}`
                  : (all.latest?.length ?? 0)}{" "}
                challenges.{" "}
                <Show when={me()}>
                  You solved {(all.latest ?? []).filter((one) => one.status === "solved").length}
                  .{" "}
                </Show>
                Each is proven every night by its own solutions.
              </p>
            </div>
            <div class="end" role="search">
              <input
                ref={field}
                class="field"
                type="search"
                placeholder="Filter by words, press /"
                aria-label="Filter by words"
                value={query.search ?? ""}
                onInput={(event) =>
                  setQuery({ search: event.currentTarget.value || undefined }, { replace: true })
                }
                onKeyDown={walk}
              />
              <button
                type="button"
                class="btn facetbutton"
                aria-expanded={open()}
                onClick={() => setOpen(!open())}
              >
                Filters
              </button>
            </div>
          </div>
          <Show when={all.error}>
            <div class="formerror" role="alert">
              {(all.error as Error).message}{" "}
              <button type="button" class="btn sm" onClick={() => void refetch()}>
                Try again
              </button>
            </div>
          </Show>
          <div class="panel tablewrap">
            <table class="tbl" style="width:100%" ref={table} onKeyDown={walk}>
              <thead>
                <tr>
                  <th class="status">
                    <span class="visually-hidden">Status</span>
                  </th>
                  <th>Challenge</th>
                  <th class="opt760">Topics</th>
                  <th>Difficulty</th>
                  <th class="r opt760">Machines</th>
                  <th class="r opt760">Solves</th>
                  <th class="r">Points</th>
                </tr>
              </thead>
              <tbody>
                <For
                  each={shown()}
                  fallback={
                    <tr>
                      <td colspan="7" class="empty">
                        <Show
                          when={filtered()}
                          fallback="No challenges yet. Put a folder into challenges/."
                        >
                          <h2 class="t-head">Nothing fits</h2>
                          <p style="margin:8px 0 16px">
                            No challenge fits these words and filters.
                          </p>
                          <button type="button" class="btn" onClick={clear}>
                            Clear all filters
                          </button>
                        </Show>
                      </td>
                    </tr>
                  }
                >
                  {(one) => (
                    <tr>
                      <td class="status" title={WORD[one.status]}>
                        <Show when={one.status !== "todo"}>
                          <Glyph state={GLYPH[one.status] ?? "created"} />
                        </Show>
                        <span class="visually-hidden">{WORD[one.status]}</span>
                      </td>
                      <td>
                        <A class="strong" href={`/challenges/${one.name}`}>
                          {one.title}
                        </A>
                        <div class="dim opt760">{one.description}</div>
                      </td>
                      <td class="dim opt760">
                        {[...one.categories, ...one.tags].slice(0, 3).join(", ")}
                      </td>
                      <td class="dim">
                        <Difficulty level={one.difficulty} />
                      </td>
                      <td class="r dim opt760">{one.machines.length}</td>
                      <td class="r dim opt760">{one.solvedBy}</td>
                      <td class="r strong">{one.points}</td>
                    </tr>
                  )}
                </For>
              </tbody>
            </table>
          </div>
        </main>
      </div>
    </Shell>
  );
}
