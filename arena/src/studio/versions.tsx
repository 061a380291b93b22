import { For, Show, createMemo, createResource, createSignal } from "solid-js";
import { ask } from "~/live/ask";
import { age } from "~/live/clock";
import { folded, lineDiff } from "./line-diff";
import type { StudioItem } from "./types";

const MARK = { same: " ", gone: "−", new: "+", gap: " " };

/** Versions of a challenge that are offered or were played, and what is different between two of them. */
export function Versions(props: { item: StudioItem }) {
  const all = createMemo(() => {
    const played = props.item.versions;
    const now = props.item.version;
    return played.some((one) => one.version === now)
      ? played
      : [{ version: now, plays: 0, firstAt: "", lastAt: "" }, ...played];
  });
  const [pair, setPair] = createSignal<[older: string, newer: string]>();
  const text = async (version: string) =>
    (
      await ask<{ contentVersion: string }>(
        "query($n: String!, $v: ID!) { contentVersion(name: $n, version: $v) }",
        { n: props.item.name, v: version },
      )
    ).contentVersion;
  const [diff] = createResource(pair, async ([older, newer]) =>
    folded(lineDiff(await text(older), await text(newer))),
  );
  return (
    <>
      <ul class="versions">
        <For each={all()}>
          {(one, at) => (
            <li>
              <code>{one.version.slice(0, 10)}</code>
              <span class="dim">
                {one.version === props.item.version ? "offered now, " : ""}
                {one.plays} play{one.plays === 1 ? "" : "s"}
                <Show when={one.lastAt}>, last {age(one.lastAt)} ago</Show>
              </span>
              <Show when={all()[at() + 1]}>
                {(older) => (
                  <button
                    type="button"
                    class="btn quiet sm"
                    aria-pressed={pair()?.[1] === one.version}
                    onClick={() =>
                      setPair(
                        pair()?.[1] === one.version ? undefined : [older().version, one.version],
                      )
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
      <Show when={all().length === 1}>
        <p class="dim">One version so far. A second one can be compared with it.</p>
      </Show>
      <Show when={pair()}>
        <Show when={!diff.error} fallback={<p class="wrong">{(diff.error as Error).message}</p>}>
          <div class="diff" data-testid="version-diff">
            <For each={diff.latest ?? []} fallback={<p class="dim">Comparing.</p>}>
              {(line) => (
                <div class={`d-${line.kind}`}>
                  {line.kind === "gap" ? "…" : `${MARK[line.kind]} ${line.text}`}
                </div>
              )}
            </For>
          </div>
        </Show>
      </Show>
    </>
  );
}
