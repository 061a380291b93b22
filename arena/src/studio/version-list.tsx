import { For, Show, createResource, createSignal } from "solid-js";
import { folded, lineDiff } from "./line-diff";

const MARK = { same: " ", gone: "−", new: "+", gap: " " };

/** One version in a list: what it is called, and what is known of it. */
export interface Version {
  id: string;
  label: string;
  facts: string;
}

/** Versions, the newest first, and what is different between one and the one before it. */
export function VersionList(props: { versions: Version[]; text: (id: string) => Promise<string> }) {
  const [pair, setPair] = createSignal<[older: string, newer: string]>();
  const [diff] = createResource(pair, async ([older, newer]) =>
    folded(lineDiff(await props.text(older), await props.text(newer))),
  );
  return (
    <>
      <ul class="versions">
        <For each={props.versions}>
          {(one, at) => (
            <li>
              <code>{one.label}</code>
              <span class="dim">{one.facts}</span>
              <Show when={props.versions[at() + 1]}>
                {(older) => (
                  <button
                    type="button"
                    class="btn quiet sm"
                    aria-pressed={pair()?.[1] === one.id}
                    onClick={() =>
                      setPair(pair()?.[1] === one.id ? undefined : [older().id, one.id])
                    }
                  >
                    What changed
                  </button>
                )}
              </Show>
            </li>
          )}
        </For>
      </ul>
      <Show when={props.versions.length === 1}>
        <p class="dim">One version so far. A second one can be compared with it.</p>
      </Show>
      <Show when={pair()}>
        <Show when={!diff.error} fallback={<p class="wrong">{(diff.error as Error).message}</p>}>
          <div class="diff" data-testid="version-diff">
            <Show
              when={
                !diff.latest || diff.latest.some(({ kind }) => kind === "gone" || kind === "new")
              }
              fallback={
                <div class="dim">
                  The text is the same. Another file of it changed, or what the arena makes of it.
                </div>
              }
            >
              <For each={diff.latest ?? []} fallback={<div class="dim">Comparing.</div>}>
                {(line) => (
                  <div class={`d-${line.kind}`}>
                    {line.kind === "gap" ? "…" : `${MARK[line.kind]} ${line.text}`}
                  </div>
                )}
              </For>
            </Show>
          </div>
        </Show>
      </Show>
    </>
  );
}
