import type { BoardPage, RankedRow } from "../boards.ts";
import { globalBoard } from "../boards.ts";
import { failure } from "../failure.ts";
import type { SolveDoc } from "../models/store.ts";
import type { Context, Domain } from "./context.ts";
import { bounded } from "./context.ts";

const heartbeatMs = 5000;
/** At most ten updates a second and board. */
const pauseMs = 100;

/** Leaderboards and the feed of solves. */
export function boardResolvers(domain: Domain) {
  const { boards, live, content, store } = domain;

  const nameOf = (challenge: string | null | undefined): string => {
    if (!challenge) return globalBoard;
    if (content.current(challenge)) return challenge;
    throw failure("NOT_FOUND", `There is no challenge ${challenge}.`, "Choose another board.");
  };
  const feedItem = (solve: SolveDoc) => ({
    id: solve._id,
    at: solve.at,
    kind: "solve",
    handle: solve.handle,
    challenge: solve.challenge,
    title: content.current(solve.challenge)?.title ?? solve.challenge,
    points: solve.points,
    firstSolve: solve.firstSolve,
  });

  async function* watch(
    args: { challenge?: string | null; first?: number | null },
    context: Context,
  ) {
    const name = nameOf(args.challenge);
    const first = bounded(args.first, 50, 200);
    const { queue, close } = live.listen(`board:${name}`);
    try {
      let page: BoardPage = await boards.page(name, 0, first);
      const own = context.viewer ? await boards.own(name, context.viewer.id) : null;
      const update = (rest: object) => ({
        leaderboard: { version: page.version, total: page.total, sentAt: Date.now(), ...rest },
      });
      yield update({ snapshot: { ...page, challenge: args.challenge ?? null, own } });
      for (;;) {
        const next = await queue.next(heartbeatMs);
        if (next !== "quiet") await new Promise((done) => setTimeout(done, pauseMs));
        const before = new Map(page.rows.map((row) => [row.userId, JSON.stringify(row)]));
        const read: BoardPage | null = await boards.page(name, 0, first).catch(() => null);
        if (!read) continue;
        const same = read.version === page.version && read.total === page.total;
        page = read;
        const rows: RankedRow[] = page.rows.filter(
          (row) => before.get(row.userId) !== JSON.stringify(row),
        );
        if (!same || rows.length) yield update({ rows });
        else if (next === "quiet") yield update({});
      }
    } finally {
      close();
    }
  }

  async function* watchFeed() {
    const { queue, close } = live.listen("feed");
    try {
      for (;;) {
        const next = await queue.next(heartbeatMs);
        if (typeof next === "object") yield { feed: feedItem(next.item as SolveDoc) };
      }
    } finally {
      close();
    }
  }

  return {
    Query: {
      leaderboard: async (
        _: unknown,
        args: { challenge?: string | null; first?: number; after?: number },
        context: Context,
      ) => {
        const name = nameOf(args.challenge);
        const page = await boards.page(
          name,
          bounded(args.after, 0, 10_000_000),
          bounded(args.first, 50, 500),
        );
        const own = context.viewer ? await boards.own(name, context.viewer.id) : null;
        return { ...page, challenge: args.challenge ?? null, own };
      },
      feed: async (_: unknown, args: { first?: number }) => {
        const solves = await store.solves
          .find({ ranked: true })
          .sort({ at: -1 })
          .limit(bounded(args.first, 20, 100) || 1)
          .lean<SolveDoc[]>();
        return solves.map(feedItem);
      },
    },
    Subscription: {
      leaderboard: {
        subscribe: (
          _: unknown,
          args: { challenge?: string | null; first?: number },
          context: Context,
        ) => watch(args, context),
      },
      feed: { subscribe: () => watchFeed() },
    },
  };
}
