import { A } from "@solidjs/router";
import { For, Show, createResource } from "solid-js";
import { ask } from "~/live/ask";
import { useMe } from "~/live/me";
import { contentPath } from "~/markdown/addresses";
import { ProgressBar } from "./progress-bar";
import { KIND_WORDS, ROW, type ContentRow } from "./types";

/** Courses, skill paths and tutorials that somebody began and has not completed. */
export function UnderWay() {
  const { me } = useMe();
  const [rows] = createResource(
    () => me()?.id,
    async () =>
      (
        await ask<{ catalogue: { items: ContentRow[] } }>(
          `{ catalogue(status: ["attempted"], kind: ["course", "skill-path", "tutorial"], first: 5) { items { ${ROW} } } }`,
        )
      ).catalogue.items,
  );
  return (
    <Show when={rows.latest?.length}>
      <section data-testid="under-way">
        <h2 class="t-sect secthead">Under way</h2>
        <ul class="panel linklist">
          <For each={rows.latest}>
            {(row) => (
              <li>
                <A class="strong" href={contentPath(row.kind, row.name)}>
                  {row.title}
                </A>
                <Show
                  when={row.progress}
                  fallback={<span class="meta">{KIND_WORDS[row.kind]?.[0] ?? row.kind}</span>}
                >
                  {(progress) => (
                    <ProgressBar
                      done={progress().done}
                      total={progress().total}
                      what={row.kind === "course" ? "lessons completed" : "units completed"}
                    />
                  )}
                </Show>
              </li>
            )}
          </For>
        </ul>
      </section>
    </Show>
  );
}
