import { For } from "solid-js";
import { CODES } from "@agon/content/codes";
import { Shell } from "~/components/shell";
import { inWords } from "~/content/code-words";

/** What each code of a problem of content means, for authors who have no copy of docs/problems.md. */
export default function ProblemsPage() {
  return (
    <Shell title="Problems of content">
      <main>
        <h1 class="t-title">Problems of content</h1>
        <p class="dim">An error keeps content out of the catalogue, a warning does not.</p>
        <For each={Object.entries(CODES)}>
          {([code, { title, text }]) => (
            <section id={code} class="codemeaning">
              <h2 class="t-head">
                <a href={`#${code}`}>{code}</a> {title}
              </h2>
              <p>
                <For each={inWords(text)}>
                  {({ words, code: isCode }) => (isCode ? <code>{words}</code> : words)}
                </For>
              </p>
            </section>
          )}
        </For>
      </main>
    </Shell>
  );
}
