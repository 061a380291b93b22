import { A } from "@solidjs/router";
import { For, Show, createResource, createSignal, onCleanup, onMount } from "solid-js";
import { ask } from "~/live/ask";
import { age } from "~/live/clock";
import { subscribe } from "~/live/socket";
import type { FeedItem } from "~/live/types";
import { Glyph } from "./icon";

const FIELDS = "id at kind handle challenge title points firstSolve";
/** Lines that the feed keeps; the foot says so. */
const KEPT = 40;

/** Newest solves first, at most 40, live. What comes while somebody reads further down waits behind a bar. */
export function Feed() {
  const [first] = createResource(
    async () =>
      (
        await ask<{ feed: FeedItem[] }>(`{ feed(first: ${KEPT}) { ${FIELDS} } }`).catch(() => ({
          feed: [],
        }))
      ).feed,
  );
  const [fresh, setFresh] = createSignal<FeedItem[]>([]);
  const [waiting, setWaiting] = createSignal<FeedItem[]>([]);
  const merge = (some: FeedItem[], others: FeedItem[]) =>
    [...some, ...others.filter((one) => !some.some((other) => other.id === one.id))]
      .sort((a, b) => b.at.localeCompare(a.at))
      .slice(0, KEPT);
  const items = () => merge(fresh(), first.latest ?? []);
  let list!: HTMLUListElement;
  const show = () => {
    setFresh(merge(waiting(), fresh()));
    setWaiting([]);
  };
  onMount(() =>
    onCleanup(
      subscribe<{ feed: FeedItem }>(
        `subscription { feed { ${FIELDS} } }`,
        {},
        ({ feed }) => {
          if (items().some((one) => one.id === feed.id)) return;
          setWaiting(merge([feed], waiting()));
          if (list.scrollTop === 0) show();
        },
        () => undefined,
      ),
    ),
  );
  return (
    <div class="feedbox">
      <Show when={waiting().length}>
        <button
          type="button"
          class="newbar"
          onClick={() => {
            show();
            list.scrollTo({ top: 0 });
          }}
        >
          {waiting().length} new
        </button>
      </Show>
      <ul
        class="feed"
        ref={list}
        tabindex="0"
        aria-label="Solves, newest first"
        onScroll={() => list.scrollTop === 0 && waiting().length && show()}
      >
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
                <A href={`/users/${item.handle}`}>
                  <b>{item.handle}</b>
                </A>{" "}
                {item.firstSolve ? "was first to solve" : "solved"}{" "}
                <A href={`/challenges/${item.challenge}`}>{item.title}</A>,{" "}
                <span class="n">+{item.points}</span>
              </p>
              <span class="meta">{age(item.at)}</span>
            </li>
          )}
        </For>
        <Show when={items().length === KEPT}>
          <li>
            <p class="meta">{KEPT} newest shown</p>
          </li>
        </Show>
      </ul>
    </div>
  );
}
