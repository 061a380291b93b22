import { A } from "@solidjs/router";
import { For, Show } from "solid-js";
import { contentPath } from "~/markdown/addresses";
import { KIND_WORDS, type ContentRow } from "./types";

/** What shares topics with a text. */
export function Related(props: { rows: ContentRow[] }) {
  return (
    <Show when={props.rows.length}>
      <section class="panel">
        <header>
          <h2>Related</h2>
        </header>
        <ul class="linklist">
          <For each={props.rows}>
            {(row) => (
              <li>
                <A href={contentPath(row.kind, row.name)}>{row.title}</A>
                <span class="meta">
                  {KIND_WORDS[row.kind]?.[0] ?? row.kind}
                  {row.status === "solved" ? ", completed" : ""}
                </span>
              </li>
            )}
          </For>
        </ul>
      </section>
    </Show>
  );
}
