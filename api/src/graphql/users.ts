import { randomBytes } from "node:crypto";
import { sha256 } from "../auth.ts";
import { globalBoard } from "../boards.ts";
import { failure } from "../failure.ts";
import type { PlayDoc } from "../models/play.ts";
import type { TallyDoc } from "../models/store.ts";
import type { Viewer } from "../viewer.ts";
import type { Context, Domain } from "./context.ts";
import { signedIn } from "./context.ts";

const maxKeys = 10;

/** The viewer, profiles, API keys. */
export function userResolvers(domain: Domain) {
  const { store, boards, viewers, content } = domain;
  const titleOf = (challenge: string): string => content.current(challenge)?.title ?? challenge;
  const pointsOf = (tally: TallyDoc | null): number =>
    Object.values(tally?.solves ?? {}).reduce((sum, solve) => sum + solve.points, 0);
  const tallyOf = (user: string) => store.tallies.findById(user).lean<TallyDoc>();

  const attempt = (play: PlayDoc) => ({
    play: play._id,
    challenge: play.challenge,
    title: titleOf(play.challenge),
    startedAt: play.view.startedAt,
    endedAt: play.view.endedAt,
    state: play.view.state,
    tasks: play.taskKeys
      .filter((key) => key.kind === "regular")
      .map(({ name }) => {
        const task = play.view.tasks[name];
        const done = task && task.state >= 35;
        const since = play.view.runningAt ?? play.view.startedAt;
        return {
          name,
          state: task?.state ?? 0,
          seconds: done ? Math.max(0, task.changedAt - since) / 1000 : null,
        };
      }),
  });

  return {
    Query: {
      me: (_: unknown, _args: unknown, context: Context) => context.viewer,
      profile: async (_: unknown, args: { handle: string }) => {
        const user = await viewers.byHandle(args.handle);
        if (!user) return null;
        const [tally, own, plays] = await Promise.all([
          tallyOf(user.id),
          boards.own(globalBoard, user.id),
          store.plays
            .find({ owner: user.id })
            .sort({ "view.startedAt": -1 })
            .limit(50)
            .lean<PlayDoc[]>(),
        ]);
        const solves = Object.entries(tally?.solves ?? {})
          .map(([challenge, solve]) => ({ challenge, title: titleOf(challenge), ...solve }))
          .sort((a, b) => b.at - a.at);
        return {
          handle: user.handle,
          name: user.name,
          joinedAt: user.createdAt,
          points: pointsOf(tally),
          rank: own?.rank ?? null,
          solves,
          attempts: plays.map(attempt),
        };
      },
    },
    Mutation: {
      createApiKey: async (_: unknown, args: { name: string }, context: Context) => {
        const user = signedIn(context).id;
        const name = args.name.trim();
        if (!name || name.length > 60)
          throw failure("BAD_INPUT", "A key needs a name.", "Use 1 to 60 characters.");
        if ((await store.apiKeys.countDocuments({ user })) >= maxKeys)
          throw failure("LIMIT", `You have ${maxKeys} keys.`, "Use one of them.");
        const key = `agon_${randomBytes(32).toString("base64url")}`;
        await store.apiKeys.create({ _id: sha256(key), user, name, at: Date.now() });
        return key;
      },
    },
    User: {
      points: async (user: Viewer) => pointsOf(await tallyOf(user.id)),
      rank: async (user: Viewer) => (await boards.own(globalBoard, user.id))?.rank ?? null,
    },
  };
}
