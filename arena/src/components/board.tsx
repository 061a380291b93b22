import { A } from "@solidjs/router";
import { For, Show } from "solid-js";
import { liveBoard } from "~/live/board";
import { age, span } from "~/live/clock";
import { useMe } from "~/live/me";
import type { BoardRow } from "~/live/types";
import { Avatar } from "./icon";
import { LiveState } from "./live-state";

/** A live board; the own row is always in sight: at the edge where it went out of view. */
export function LiveBoard(props: { challenge?: string; first: number; compact?: boolean }) {
  const { me } = useMe();
  let body!: HTMLTableSectionElement;
  /** Remembers where rows stand, changes them, and lets them slide to their new places. */
  const draw = (change: () => void) => {
    const rows = () => [...(body?.children ?? [])] as HTMLElement[];
    const before = new Map(
      rows().map((row) => [row.dataset["handle"], row.getBoundingClientRect().top]),
    );
    change();
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    for (const row of rows()) {
      const from = before.get(row.dataset["handle"]);
      const to = row.getBoundingClientRect().top;
      if (from !== undefined && from !== to)
        row.animate([{ transform: `translateY(${from - to}px)` }, { transform: "none" }], {
          duration: 320,
          easing: "cubic-bezier(.2,0,0,1)",
        });
    }
  };
  const live = liveBoard({
    challenge: () => props.challenge,
    // Not reactive: a board keeps its length.
    first: props.first,
    viewer: () => me()?.id,
    draw,
  });
  const rows = () => live.board().rows;
  const own = () => live.board().own;
  const total = () => live.board().total;
  const away = () => own() !== null && !rows().some((row) => row.userId === own()!.userId);
  const columns = () => (props.compact ? 3 : 6);

  const line = (row: BoardRow, pinned = false) => {
    const mine = () => row.userId === me()?.id;
    const won = () => live.won(row);
    return (
      <tr
        class="boardrow"
        classList={{ me: mine(), moved: live.moved().has(row.userId) }}
        data-testid={pinned ? "own-row" : "board-row"}
        data-handle={row.handle}
        data-points={row.points}
      >
        <td class="rank">{row.rank}</td>
        <Show when={!props.compact}>
          <td class="mv opt760" title="Places since you opened this page">
            <Show when={won()} fallback={<span class="faint">–</span>}>
              {(places) => (
                <span class={places() > 0 ? "up" : "dim"}>
                  {places() > 0 ? "▲" : "▼"} {Math.abs(places())}
                </span>
              )}
            </Show>
          </td>
        </Show>
        <td>
          <span class="who">
            <Avatar handle={row.handle} me={mine()} />
            <A class="cut" href={`/users/${row.handle}`}>
              {row.handle}
            </A>
            <Show when={mine()}>
              <span class="faint">you</span>
            </Show>
          </span>
        </td>
        <td class="r strong">{row.points.toLocaleString("en")}</td>
        <Show when={!props.compact}>
          <td class="r dim opt760">
            {props.challenge && row.seconds !== null ? span(row.seconds * 1000) : row.solves}
          </td>
          <td class="r dim opt760">{age(row.lastAt)} ago</td>
        </Show>
      </tr>
    );
  };
  return (
    <div
      class="boardbox"
      onPointerEnter={() => live.hold(true)}
      onPointerLeave={() => live.hold(false)}
    >
      <p class="meta boardstate">
        <LiveState connection={live.connection()} />
        <Show when={!props.compact}>
          <span>
            {total()} player{total() === 1 ? "" : "s"}
          </span>
        </Show>
      </p>
      <table
        class="tbl board"
        classList={{ stale: ["reconnecting", "offline"].includes(live.connection().state) }}
        style="width:100%"
      >
        <thead>
          <tr>
            <th class="rank">Rank</th>
            <Show when={!props.compact}>
              <th class="opt760">Move</th>
            </Show>
            <th>Player</th>
            <th class="r">Points</th>
            <Show when={!props.compact}>
              <th class="r opt760">{props.challenge ? "Time" : "Solves"}</th>
              <th class="r opt760">Last points</th>
            </Show>
          </tr>
        </thead>
        <tbody ref={body}>
          <For each={rows()}>{(row) => line(row)}</For>
        </tbody>
        <Show when={away() && own()}>
          {(row) => (
            <tfoot>
              <Show when={row().rank > rows().length + 1}>
                <tr class="gap">
                  <td colspan={columns()}>
                    Ranks {rows().length + 1} to {row().rank - 1}
                  </td>
                </tr>
              </Show>
              {line(row(), true)}
            </tfoot>
          )}
        </Show>
      </table>
      <Show when={live.loaded() && rows().length === 0}>
        <p class="empty">
          {props.challenge
            ? "Nobody solved this yet. The first solve earns 10 % more."
            : "Nobody has points yet. Solve a challenge and be the first."}
        </p>
      </Show>
      <Show when={!props.compact && total() > rows().length}>
        <p class="meta boardstate">
          {rows().length} of {total()} players shown
        </p>
      </Show>
    </div>
  );
}
