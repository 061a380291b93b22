import { A, useSearchParams } from "@solidjs/router";
import { For, Show, createMemo, createResource } from "solid-js";
import { Difficulty, Glyph } from "~/components/icon";
import { Shell } from "~/components/shell";
import { ask } from "~/live/ask";
import { me } from "~/live/me";
import { CHALLENGE_ROW, type Challenge } from "~/live/types";

const GLYPH: Record<string, string> = {
  solved: "completed",
  attempted: "running",
  todo: "created",
};
const WORD: Record<string, string> = {
  solved: "Solved",
  attempted: "In progress",
  todo: "Not started",
};

export default function Catalogue() {
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
  const shown = createMemo(() => {
    const words = (query.search ?? "").toLowerCase().split(/\s+/).filter(Boolean);
    return (all.latest ?? []).filter((one) => {
      const text =
        `${one.title} ${one.description} ${one.tags.join(" ")} ${one.categories.join(" ")}`.toLowerCase();
      return (
        words.every((word) => text.includes(word)) &&
        (!query.category || one.categories.includes(query.category)) &&
        (!query.difficulty || one.difficulty === query.difficulty) &&
        (!query.status || one.status === query.status)
      );
    });
  });
  const select = (
    label: string,
    key: "category" | "difficulty" | "status",
    options: [string, string][],
  ) => (
    <select
      class="field"
      aria-label={label}
      value={query[key] ?? ""}
      onChange={(event) => setQuery({ [key]: event.currentTarget.value || undefined })}
    >
      <option value="">{label}: all</option>
      {options.map(([value, text]) => (
        <option value={value}>{text}</option>
      ))}
    </select>
  );
  return (
    <Shell title="Challenges">
      <main>
        <div class="pagehead">
          <div>
            <h1 class="t-title">Challenges</h1>
            <p class="dim">
              {shown().length} of {all.latest?.length ?? 0}
            </p>
          </div>
        </div>
        <div class="filters" role="search">
          <input
            class="field"
            type="search"
            placeholder="Filter by word"
            aria-label="Filter by word"
            value={query.search ?? ""}
            onInput={(event) =>
              setQuery({ search: event.currentTarget.value || undefined }, { replace: true })
            }
          />
          {select(
            "Topic",
            "category",
            categories().map((one) => [one, one]),
          )}
          {select("Difficulty", "difficulty", [
            ["easy", "Easy"],
            ["medium", "Medium"],
            ["hard", "Hard"],
          ])}
          {select("Status", "status", Object.entries(WORD))}
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
          <table class="tbl" style="width:100%">
            <thead>
              <tr>
                <th>Status</th>
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
                      {all.loading
                        ? "Loading"
                        : (all.latest?.length ?? 0) > 0
                          ? "Nothing fits these filters. Clear one of them."
                          : "No challenges yet. Put a folder into challenges/."}
                    </td>
                  </tr>
                }
              >
                {(one) => (
                  <tr>
                    <td title={WORD[one.status]}>
                      <Glyph state={GLYPH[one.status] ?? "created"} />
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
    </Shell>
  );
}
