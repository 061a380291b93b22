import { For, Show, createEffect, createSignal, on } from "solid-js";
import { ContentProblemText } from "~/components/content-problem";
import { Glyph } from "~/components/icon";
import type { Draft } from "~/live/types";

/**
 * What an author has to know of the last save: problems with their places, and what takes effect only in
 * fresh machines. Lies over the brief; put away, it comes back with the next problem.
 */
export function DraftPanel(props: { draft: Draft; onFresh: () => void }) {
  const errors = () => props.draft.problems.filter((one) => one.severity === "error").length;
  /** What bash says of a script keeps nothing from being loaded: it is seen when the script runs. */
  const unread = () =>
    props.draft.problems.some((one) => one.severity === "error" && one.code !== "AG070");
  const shown = () => props.draft.problems.length > 0 || props.draft.fresh.length > 0;
  /** Warnings alone wait in a button: they change little from save to save, and the panel lies over the text. */
  const urgent = () => errors() > 0 || props.draft.fresh.length > 0;
  const [away, setAway] = createSignal(!urgent());
  createEffect(
    on(
      () => JSON.stringify([props.draft.problems, props.draft.fresh]),
      () => setAway(!urgent()),
      { defer: true },
    ),
  );
  const title = () => {
    const count = props.draft.problems.length;
    if (!props.draft.loaded) return "This save does not load";
    if (unread()) return `${errors()} error${errors() > 1 ? "s" : ""}`;
    if (errors())
      return `${errors()} ${errors() > 1 ? "scripts that bash cannot read" : "script that bash cannot read"}`;
    if (count) return `${count} warning${count > 1 ? "s" : ""}`;
    return "Needs fresh machines";
  };
  return (
    <Show when={shown()}>
      <Show
        when={!away()}
        fallback={
          <button
            type="button"
            class="btn draftbutton"
            data-testid="draft-button"
            onClick={() => setAway(false)}
          >
            <Glyph state={errors() ? "failed" : "created"} />
            {title()}
          </button>
        }
      >
        <section class="draftpanel" aria-label="Draft" data-testid="draft-panel">
          <header>
            <Glyph state={errors() ? "failed" : "created"} />
            <div>
              <h2>{title()}</h2>
              <Show when={unread()}>
                <p class="meta">
                  {props.draft.loaded
                    ? "The page shows what can be read."
                    : "The page keeps what it had."}
                </p>
              </Show>
            </div>
            <button type="button" class="btn quiet sm" onClick={() => setAway(true)}>
              Put away
            </button>
          </header>
          <ul role={errors() ? "alert" : "status"}>
            <For each={props.draft.problems}>
              {(one) => (
                <li data-testid="draft-problem">
                  <ContentProblemText one={one} />
                </li>
              )}
            </For>
            <Show when={props.draft.fresh.length}>
              <li data-testid="draft-fresh">
                <p>{props.draft.fresh.join(". ")}. These machines were prepared before.</p>
                <button type="button" class="btn sm" onClick={() => props.onFresh()}>
                  Get fresh machines
                </button>
              </li>
            </Show>
          </ul>
        </section>
      </Show>
    </Show>
  );
}
