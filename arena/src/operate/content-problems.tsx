import { For, createResource } from "solid-js";
import { ContentProblemText } from "~/components/content-problem";
import { ask } from "~/live/ask";
import type { ContentProblem } from "~/live/types";

/** What did not load, or loads with a warning: file, place, what is wrong, what would be right. */
export function ContentProblems() {
  const [errors] = createResource(
    async () =>
      (
        await ask<{ contentErrors: ContentProblem[] }>(
          "{ contentErrors { file line column severity code message fix excerpt } }",
        )
      ).contentErrors,
  );
  return (
    <section class="panel" style="margin-top:16px">
      <header>
        <h2>Content</h2>
      </header>
      <ul class="feed">
        <For
          each={errors.error ? [] : (errors.latest ?? [])}
          fallback={
            <li>
              <p class="dim">
                {errors.loading ? "Asking." : "All content loaded without a problem."}
              </p>
            </li>
          }
        >
          {(one) => (
            <li>
              <ContentProblemText one={one} />
            </li>
          )}
        </For>
      </ul>
    </section>
  );
}
