import { createEffect, createResource, createSignal, on, onCleanup } from "solid-js";
import { createStore, reconcile } from "solid-js/store";
import { ask } from "./ask";
import { createConnection } from "./connection";
import { subscribe } from "./socket";
import { ROW_FIELDS, type Board, type BoardRow } from "./types";

interface Update {
  version: number;
  snapshot: Board | null;
  rows: BoardRow[] | null;
  total: number;
}

/** Longest that rows wait because somebody points at them. */
const HOLD = 5_000;

/** The order of boards: more points, then the earlier last points, then the lower id. */
export function ranked(rows: BoardRow[], first: number): BoardRow[] {
  return rows
    .toSorted(
      (a, b) =>
        b.points - a.points || a.lastAt.localeCompare(b.lastAt) || a.userId.localeCompare(b.userId),
    )
    .slice(0, first)
    .map((row, index) => ({ ...row, rank: index + 1 }));
}

/**
 * A board as it is: rendered by the server, then a snapshot and rows as they move. `draw` gets each change that
 * moves rows and may animate it; while `hold(true)`, changes wait, at most 5 s.
 */
export function liveBoard(options: {
  challenge: () => string | undefined;
  first: number;
  viewer: () => string | undefined;
  draw: (change: () => void) => void;
}) {
  const [store, setStore] = createStore<{ rows: BoardRow[]; own: BoardRow | null; total: number }>({
    rows: [],
    own: null,
    total: 0,
  });
  const [moved, setMoved] = createSignal<ReadonlySet<string>>(new Set());
  /** Ranks as they were when the page got them: what "up 2" is counted from. */
  let since = new Map<string, number>();
  const link = createConnection();
  const [snapshot] = createResource(
    () => [options.challenge() ?? null, options.viewer() ?? null] as const,
    async ([challenge]) =>
      (
        await ask<{ leaderboard: Board }>(
          `query($c: String, $n: Int) { leaderboard(challenge: $c, first: $n) { version total rows { ${ROW_FIELDS} } own { ${ROW_FIELDS} } } }`,
          { c: challenge, n: options.first },
        )
      ).leaderboard,
  );
  const [alive, setAlive] = createSignal(false);
  const board = () => (alive() ? store : (snapshot.latest ?? { rows: [], own: null, total: 0 }));

  let held: BoardRow[] = [];
  let total = 0;
  let release: ReturnType<typeof setTimeout> | undefined;
  let settle: ReturnType<typeof setTimeout> | undefined;
  const apply = () => {
    clearTimeout(release);
    release = undefined;
    const fresh = held;
    held = [];
    if (fresh.length === 0) return;
    options.draw(() => {
      const by = new Map(store.rows.map((row) => [row.userId, row]));
      for (const row of fresh) by.set(row.userId, row);
      setStore("rows", reconcile(ranked([...by.values()], options.first), { key: "userId" }));
      setStore("total", total);
      const mine = fresh.find((row) => row.userId === options.viewer());
      if (mine) setStore("own", reconcile(mine));
    });
    setMoved(new Set(fresh.map((row) => row.userId)));
    clearTimeout(settle);
    settle = setTimeout(() => setMoved(new Set<string>()), 100);
  };
  let pointed = false;
  const hold = (on: boolean) => {
    pointed = on;
    if (!on) apply();
  };

  createEffect(
    on(options.challenge, (challenge) => {
      // Another board: nothing of the last one may stand under its name.
      setAlive(false);
      held = [];
      onCleanup(
        subscribe<{ leaderboard: Update }>(
          `subscription($c: String, $n: Int) { leaderboard(challenge: $c, first: $n) { version snapshot { version total rows { ${ROW_FIELDS} } own { ${ROW_FIELDS} } } rows { ${ROW_FIELDS} } total } }`,
          { c: challenge ?? null, n: options.first },
          ({ leaderboard }) => {
            link.heard();
            if (leaderboard.snapshot) {
              const { rows, own } = leaderboard.snapshot;
              held = [];
              if (!alive()) since = new Map(rows.map((row) => [row.userId, row.rank]));
              setStore("rows", reconcile(rows, { key: "userId" }));
              setStore("own", reconcile(own));
              setStore("total", leaderboard.snapshot.total);
              setAlive(true);
            } else if (leaderboard.rows?.length) {
              const ids = new Set(leaderboard.rows.map((row) => row.userId));
              held = [...held.filter((row) => !ids.has(row.userId)), ...leaderboard.rows];
              total = leaderboard.total;
              if (!pointed) apply();
              else release ??= setTimeout(apply, HOLD);
            }
          },
          () => undefined,
        ),
      );
    }),
  );
  onCleanup(() => {
    clearTimeout(release);
    clearTimeout(settle);
  });
  return {
    board,
    /** Places won since the page was opened; undefined = not on the board then. */
    won: (row: BoardRow) => {
      const before = since.get(row.userId);
      return before === undefined ? undefined : before - row.rank;
    },
    moved,
    hold,
    connection: link.connection,
    loaded: () => alive() || snapshot.state === "ready",
  };
}
