import { A } from "@solidjs/router";
import { For, createSignal, onCleanup, onMount } from "solid-js";
import { ask } from "~/live/ask";
import { age } from "~/live/clock";
import { subscribe } from "~/live/socket";
import type { FeedItem } from "~/live/types";
import { Glyph } from "./icon";

const FIELDS = "id at kind handle challenge title points firstSolve";

/** Newest solves first, at most 40, live. */
export function Feed() {
  const [items, setItems] = createSignal<FeedItem[]>([]);
  const add = (fresh: FeedItem[]) =>
    setItems((old) =>
      [...fresh, ...old.filter((one) => !fresh.some((other) => other.id === one.id))]
        .sort((a, b) => b.at.localeCompare(a.at))
        .slice(0, 40),
    );
  onMount(() => {
    ask<{ feed: FeedItem[] }>(`{ feed(first: 20) { ${FIELDS} } }`).then(
      ({ feed }) => add(feed),
      () => undefined,
    );
    onCleanup(
      subscribe<{ feed: FeedItem }>(
        `subscription { feed { ${FIELDS} } }`,
        {},
        ({ feed }) => add([feed]),
        () => undefined,
      ),
    );
  });
  return (
    <ul class="feed">
      <For
        each={items()}
        fallback={
          <li>
            <p class="dim">Solves appear here as they happen.</p>
          </li>
        }
      >
        {(item) => (
          <li>
            <Glyph state="completed" />
            <p>
              <b>{item.handle}</b> {item.firstSolve ? "was first to solve" : "solved"}{" "}
              <A href={`/challenges/${item.challenge}`}>{item.title}</A>, +{item.points}
            </p>
            <span class="meta">{age(item.at)}</span>
          </li>
        )}
      </For>
    </ul>
  );
}
