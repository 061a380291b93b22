import { useSearchParams } from "@solidjs/router";
import { For, createResource } from "solid-js";
import { LiveBoard } from "~/components/board";
import { Feed } from "~/components/feed";
import { Shell } from "~/components/shell";
import { ask } from "~/live/ask";

export default function Leaderboard() {
  const [query, setQuery] = useSearchParams<{ challenge?: string }>();
  const [challenges] = createResource(
    async () =>
      (
        await ask<{ challenges: { name: string; title: string }[] }>(
          "{ challenges { name title } }",
        )
      ).challenges,
  );
  return (
    <Shell title="Leaderboard">
      <div class="pagehead">
        <div>
          <h1 class="t-title">Leaderboard</h1>
          <p class="dim">Rows move as checks turn green.</p>
        </div>
        <div class="end">
          <select
            class="field"
            aria-label="Board"
            value={query.challenge ?? ""}
            onChange={(event) => setQuery({ challenge: event.currentTarget.value || undefined })}
          >
            <option value="">All challenges</option>
            <For each={challenges.latest ?? []}>
              {(one) => (
                <option value={one.name} selected={one.name === query.challenge}>
                  {one.title}
                </option>
              )}
            </For>
          </select>
        </div>
      </div>
      <div class="cols">
        <main>
          <div class="panel open">
            <LiveBoard first={100} {...(query.challenge ? { challenge: query.challenge } : {})} />
          </div>
        </main>
        <aside>
          <section class="panel">
            <header>
              <h2>Now</h2>
            </header>
            <Feed />
          </section>
          <section class="panel" style="margin-top:16px">
            <header>
              <h2>How points count</h2>
            </header>
            <div class="pad">
              <div class="rule">
                <span>Easy, medium, hard</span>
                <span class="n">100, 200, 400</span>
              </div>
              <div class="rule">
                <span>First solve of a challenge</span>
                <span class="n">+10 %</span>
              </div>
              <div class="rule">
                <span>Each hint</span>
                <span class="n">−10 %</span>
              </div>
              <div class="rule">
                <span>Ties</span>
                <span>earlier last solve wins</span>
              </div>
            </div>
          </section>
        </aside>
      </div>
    </Shell>
  );
}
