import { A } from "@solidjs/router";
import { For, Show, createResource } from "solid-js";
import { ConfirmButton } from "~/components/confirm";
import { Glyph } from "~/components/icon";
import { panelActs } from "~/live/act";
import { ask } from "~/live/ask";
import { age } from "~/live/clock";
import type { ContentProblem } from "~/live/types";
import { ProblemList } from "./problem-list";

interface DraftInfo {
  name: string;
  title: string;
  version: string;
  at: string;
  problems: ContentProblem[];
  play: string | null;
}

/** An author's own drafts: what ./agon dev pushed. */
export function Drafts() {
  const { problem, act } = panelActs();
  const [drafts, { refetch }] = createResource(
    async () =>
      (
        await ask<{ drafts: DraftInfo[] }>(
          "{ drafts { name title version at play problems { file line column severity code message fix excerpt } } }",
        )
      ).drafts,
  );
  const errors = (draft: DraftInfo) => draft.problems.some((one) => one.severity === "error");
  return (
    <section class="panel open">
      <header>
        <h2>My drafts</h2>
        <span class="meta">Only you see them. They count for nothing.</span>
      </header>
      <Show when={problem() || (drafts.error as Error | undefined)?.message}>
        {(text) => (
          <p class="formerror" role="alert" style="margin:12px 16px">
            {text()}
          </p>
        )}
      </Show>
      <ul class="feed drafts">
        <For
          each={drafts.error ? [] : (drafts.latest ?? [])}
          fallback={
            <li>
              <p class="dim">
                {drafts.loading ? (
                  "Asking."
                ) : (
                  <>
                    No draft yet. <code>./agon dev PATH</code> begins one, and its page follows
                    every save.
                  </>
                )}
              </p>
            </li>
          }
        >
          {(draft) => (
            <li data-testid="draft-row" data-name={draft.name}>
              <div class="draftrow">
                <Glyph
                  state={errors(draft) ? "failed" : draft.problems.length ? "created" : "completed"}
                />
                <div>
                  <b>{draft.title}</b>
                  <div class="meta">
                    {draft.name}, saved {age(draft.at)} ago
                  </div>
                </div>
                <span class="end">
                  <Show when={draft.play}>
                    {(play) => (
                      <A class="btn sm" href={`/plays/${play()}`}>
                        Open its play
                      </A>
                    )}
                  </Show>
                  <ConfirmButton
                    label="Remove"
                    title={`Remove the draft ${draft.name}?`}
                    text="The arena forgets it. The folder on your computer stays as it is."
                    keep="Keep draft"
                    act="Remove draft"
                    danger
                    onConfirm={() =>
                      void act("mutation($n: String!) { removeDraft(name: $n) }", {
                        n: draft.name,
                      }).then(refetch)
                    }
                  />
                </span>
              </div>
              <Show when={draft.problems.length}>
                <ProblemList problems={draft.problems} />
              </Show>
            </li>
          )}
        </For>
      </ul>
    </section>
  );
}
