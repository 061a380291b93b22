import { randomBytes } from "node:crypto";
import { sha256 } from "../auth.ts";
import { globalBoard } from "../boards.ts";
import { failure } from "../failure.ts";
import { keysOf, type PlayDoc } from "../models/play.ts";
import type { ApiKeyDoc, TallyDoc } from "../models/store.ts";
import { TaskMedians } from "../task-medians.ts";
import type { Role, Viewer } from "../viewer.ts";
import type { Context, Domain } from "./context.ts";
import { signedIn, withRole } from "./context.ts";

const maxKeys = 10;

/** The viewer, profiles, API keys. */
export function userResolvers(domain: Domain) {
  const { store, boards, viewers, content } = domain;
  const titleOf = (challenge: string): string => content.current(challenge)?.title ?? challenge;
  const pointsOf = (tally: TallyDoc | null): number =>
    Object.values(tally?.solves ?? {}).reduce((sum, solve) => sum + solve.points, 0);
  const tallyOf = (user: string) => store.tallies.findById(user).lean<TallyDoc>();

  const medians = new TaskMedians(store.plays);

  const attempt = (play: PlayDoc) => ({
    play: play._id,
    challenge: play.challenge,
    title: titleOf(play.challenge),
    startedAt: play.view.startedAt,
    endedAt: play.view.endedAt,
    state: play.view.state,
    tasks: keysOf(play)
      .filter((key) => key.kind === "regular")
      .map(({ name }) => {
        const task = play.view.tasks[name];
        const done = task && task.state >= 35;
        const since = play.view.runningAt ?? play.view.startedAt;
        return {
          name,
          challenge: play.challenge,
          title:
            content.current(play.challenge)?.tasks.find((one) => one.name === name)?.title ?? name,
          state: task?.state ?? 0,
          seconds: done ? Math.max(0, task.changedAt - since - (task.stoppedMs ?? 0)) / 1000 : null,
        };
      }),
  });

  return {
    Query: {
      apiKeys: async (_: unknown, _args: unknown, context: Context) => {
        const user = signedIn(context).id;
        const keys = await store.apiKeys.find({ user }).lean<ApiKeyDoc[]>();
        return keys.sort((a, b) => b.at - a.at).map(({ _id: id, name, at }) => ({ id, name, at }));
      },
      me: (_: unknown, _args: unknown, context: Context) => context.viewer,
      profile: async (_: unknown, args: { handle: string }) => {
        const user = await viewers.byHandle(args.handle);
        if (!user) return null;
        const [tally, own, plays] = await Promise.all([
          tallyOf(user.id),
          boards.own(globalBoard, user.id),
          store.plays
            .find({ owner: user.id, draft: { $ne: true } })
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
          throw failure("LIMIT", `You have ${maxKeys} keys.`, "Revoke one of them first.");
        const key = `agon_${randomBytes(32).toString("base64url")}`;
        await store.apiKeys.create({ _id: sha256(key), user, name, at: Date.now() });
        return key;
      },
      revokeApiKey: async (_: unknown, args: { id: string }, context: Context) => {
        await store.apiKeys.deleteOne({ _id: args.id, user: signedIn(context).id });
        return true;
      },
      setRole: async (_: unknown, args: { handle: string; role: Role }, context: Context) => {
        const operator = withRole(context, "operator");
        if (operator.handle === args.handle)
          throw failure("BAD_INPUT", "That is you.", "Ask another operator to change your role.");
        const user = await viewers.setRole(args.handle, args.role);
        if (!user)
          throw failure("NOT_FOUND", `There is no user ${args.handle}.`, "See their profile.");
        return user;
      },
      passwordLink: async (_: unknown, args: { handle: string }, context: Context) => {
        withRole(context, "operator");
        const link = await viewers.passwordLink(args.handle);
        if (!link)
          throw failure("NOT_FOUND", `There is no user ${args.handle}.`, "See their profile.");
        return link;
      },
    },
    AttemptTask: {
      median: async (task: { challenge: string; name: string }) =>
        (await medians.of(task.challenge)).get(task.name) ?? null,
    },
    User: {
      points: async (user: Viewer) => pointsOf(await tallyOf(user.id)),
      rank: async (user: Viewer) => (await boards.own(globalBoard, user.id))?.rank ?? null,
    },
  };
}
