import { randomUUID } from "node:crypto";
import { failure } from "../failure.ts";
import type { BotRunDoc } from "../models/store.ts";
import type { Context, Domain } from "./context.ts";
import { bounded, signedIn, withRole } from "./context.ts";

const maxReason = 4000;

/** Hosts and bot runs. */
export function operateResolvers(domain: Domain) {
  const { store, hosts } = domain;
  return {
    Query: {
      hosts: async (_: unknown, _args: unknown, context: Context) => {
        withRole(context, "operator");
        return Promise.all(
          [...hosts.values()].map(async (host) => {
            const capacity = await host.capacity().catch(() => null);
            return {
              id: host.id,
              state: capacity ? "up" : "away",
              plays: capacity?.plays ?? 0,
              maxPlays: capacity?.maxPlays ?? 0,
              images: capacity?.images ?? [],
              backend: capacity?.backend ?? "",
              seenAt: host.seenAt,
            };
          }),
        );
      },
      botRuns: async (_: unknown, args: { first?: number }, context: Context) => {
        const viewer = signedIn(context);
        const runs = await store.botRuns
          .find()
          .sort({ at: -1 })
          .limit(bounded(args.first, 50, 500) || 1)
          .lean<BotRunDoc[]>();
        // A reason may quote what a check printed.
        return viewer.role === "learner" ? runs.map((run) => ({ ...run, reason: "" })) : runs;
      },
    },
    Mutation: {
      reportBotRun: async (
        _: unknown,
        args: { run: Omit<BotRunDoc, "_id" | "at"> },
        context: Context,
      ) => {
        withRole(context, "bot", "operator");
        if (args.run.seconds < 0)
          throw failure("BAD_INPUT", "A run takes no negative time.", "Send its seconds.");
        const run: BotRunDoc = {
          ...args.run,
          _id: randomUUID(),
          solution: args.run.solution ?? null,
          reason: args.run.reason.slice(0, maxReason),
          at: Date.now(),
        };
        await store.botRuns.create(run);
        return run;
      },
    },
    BotRun: { id: (run: BotRunDoc) => run._id },
  };
}
