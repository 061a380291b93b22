import { For, createResource } from "solid-js";
import { ask } from "~/live/ask";

interface ContentError {
  file: string;
  line: number;
  column: number;
  message: string;
  fix: string;
  severity: string;
}

/** What did not load, or loads with a warning: file, place, what is wrong, what would be right. */
export function ContentProblems() {
  const [errors] = createResource(
    async () =>
      (
        await ask<{ contentErrors: ContentError[] }>(
          "{ contentErrors { file line column message fix severity } }",
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
              <p>
                <b>
                  {one.file}:{one.line}:{one.column}
                </b>{" "}
                {one.severity}: {one.message}. {one.fix}.
              </p>
            </li>
          )}
        </For>
      </ul>
    </section>
  );
}
