import { A } from "@solidjs/router";
import { For, Show, createEffect, createSignal, on, onCleanup } from "solid-js";
import { age } from "~/live/clock";
import { me } from "~/live/me";
import { subscribe } from "~/live/socket";
import { ROW_FIELDS, type Board, type BoardRow } from "~/live/types";
import { Avatar } from "./icon";

/** A live board: a snapshot, then rows as they move; the own row is always in sight. */
export function LiveBoard(props: { challenge?: string; first: number; compact?: boolean }) {
  const [rows, setRows] = createSignal<BoardRow[]>([]);
  const [own, setOwn] = createSignal<BoardRow | null>(null);
  const [total, setTotal] = createSignal(0);
  const [connection, setConnection] = createSignal("connecting");
  const [moved, setMoved] = createSignal<Record<string, number>>({});
  let silence: ReturnType<typeof setTimeout>;
  let body!: HTMLTableSectionElement;

  /** Remembers where rows stand, changes them, and lets them slide to their new places. */
  const slide = (change: () => void) => {
    const before = new Map(
      [...(body?.children ?? [])].map((row) => [
        (row as HTMLElement).dataset["handle"],
        row.getBoundingClientRect().top,
      ]),
    );
    change();
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    for (const row of body?.children ?? []) {
      const from = before.get((row as HTMLElement).dataset["handle"]);
      const to = row.getBoundingClientRect().top;
      if (from !== undefined && from !== to)
        row.animate([{ transform: `translateY(${from - to}px)` }, { transform: "none" }], {
          duration: 320,
          easing: "cubic-bezier(.2,0,0,1)",
        });
    }
  };

  createEffect(
    on(
      () => props.challenge,
      (challenge) => {
        // Another board: nothing of the last one may stand under its name.
        setRows([]);
        setOwn(null);
        setConnection("connecting");
        const stop = subscribe<{
          leaderboard: {
            version: number;
            snapshot: Board | null;
            rows: BoardRow[] | null;
            total: number;
          };
        }>(
          `subscription($c: String, $n: Int) { leaderboard(challenge: $c, first: $n) { version snapshot { version total rows { ${ROW_FIELDS} } own { ${ROW_FIELDS} } } rows { ${ROW_FIELDS} } total } }`,
          { c: challenge ?? null, n: props.first },
          ({ leaderboard }) => {
            setConnection("live");
            clearTimeout(silence);
            silence = setTimeout(() => setConnection("reconnecting"), 12_000);
            if (leaderboard.snapshot) {
              setRows(leaderboard.snapshot.rows);
              setOwn(leaderboard.snapshot.own);
              setTotal(leaderboard.snapshot.total);
            } else if (leaderboard.rows?.length) {
              const fresh = leaderboard.rows;
              setTotal(leaderboard.total);
              slide(() => {
                const by = new Map(rows().map((row) => [row.userId, row]));
                for (const row of fresh) by.set(row.userId, row);
                const sorted = [...by.values()].sort(
                  (a, b) =>
                    b.points - a.points ||
                    a.lastAt.localeCompare(b.lastAt) ||
                    a.userId.localeCompare(b.userId),
                );
                setRows(
                  sorted.slice(0, props.first).map((row, index) => ({ ...row, rank: index + 1 })),
                );
                const mine = fresh.find((row) => row.userId === me()?.id);
                if (mine) setOwn(mine);
              });
              setMoved(Object.fromEntries(fresh.map((row) => [row.userId, Date.now()])));
              setTimeout(() => setMoved({}), 100);
            }
          },
          () => setConnection("reconnecting"),
        );
        onCleanup(stop);
      },
    ),
  );
  onCleanup(() => clearTimeout(silence));

  const line = (row: BoardRow, pinned = false) => (
    <tr
      class="boardrow"
      classList={{ me: row.userId === me()?.id, moved: Boolean(moved()[row.userId]) }}
      data-testid={pinned ? "own-row" : "board-row"}
      data-handle={row.handle}
      data-points={row.points}
    >
      <td class="rank">{row.rank}</td>
      <td>
        <span class="who">
          <Avatar handle={row.handle} me={row.userId === me()?.id} />
          <A class="cut" href={`/users/${row.handle}`}>
            {row.handle} {row.userId === me()?.id ? <span class="faint">you</span> : ""}
          </A>
        </span>
      </td>
      <td class="r strong">{row.points.toLocaleString("en")}</td>
      <Show when={!props.compact}>
        <td class="r dim opt760">{row.solves}</td>
        <td class="r dim opt760">{age(row.lastAt)} ago</td>
      </Show>
    </tr>
  );
  return (
    <div>
      <p class="meta" style="padding:8px 16px" data-testid="connection" data-state={connection()}>
        <i class={connection() === "live" ? "dot" : "dot half"} />{" "}
        {connection() === "live"
          ? "Live"
          : connection() === "connecting"
            ? "Connecting"
            : "Reconnecting"}
      </p>
      <div class="tablewrap">
        <table class="tbl board" style="width:100%">
          <thead>
            <tr>
              <th>Rank</th>
              <th>Player</th>
              <th class="r">Points</th>
              <Show when={!props.compact}>
                <th class="r opt760">Solves</th>
                <th class="r opt760">Last points</th>
              </Show>
            </tr>
          </thead>
          <tbody ref={body}>
            <For each={rows()}>{(row) => line(row)}</For>
          </tbody>
          <Show when={own() && !rows().some((row) => row.userId === own()!.userId)}>
            <tfoot>{line(own()!, true)}</tfoot>
          </Show>
        </table>
      </div>
      <Show when={connection() === "live" && rows().length === 0}>
        <p class="empty">Nobody has points here yet. Solve a challenge and be the first.</p>
      </Show>
      <Show when={!props.compact && total() > rows().length}>
        <p class="meta" style="padding:8px 16px">
          {rows().length} of {total()} players shown
        </p>
      </Show>
    </div>
  );
}
