import { createHash } from "node:crypto";
import { failure } from "../failure.ts";
import type { BotRunDoc } from "../models/store.ts";
import { isDuplicate } from "../models/store.ts";
import type { Context, Domain } from "./context.ts";
import { bounded, signedIn, withRole } from "./context.ts";

const maxReason = 4000;

/** A run's place in its batch: reported twice, it is stored once. */
function runId(run: Pick<BotRunDoc, "batch" | "challenge" | "variant" | "solution" | "backend">) {
  const parts = [run.batch, run.challenge, run.variant, run.solution ?? "", run.backend];
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 32);
}

/** Hosts and bot runs. */
export function operateResolvers(domain: Domain) {
  const { store, hosts, content } = domain;
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
      botRuns: async (
        _: unknown,
        args: { first?: number; batch?: string | null },
        context: Context,
      ) => {
        const viewer = signedIn(context);
        const runs = await store.botRuns
          .find(args.batch ? { batch: args.batch } : {})
          .sort({ at: -1 })
          .limit(bounded(args.first, 50, args.batch ? 5000 : 500) || 1)
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
          _id: runId(args.run),
          solution: args.run.solution ?? null,
          reason: args.run.reason.slice(0, maxReason),
          at: Date.now(),
        };
        try {
          await store.botRuns.create(run);
          return run;
        } catch (error) {
          if (!isDuplicate(error)) throw error;
          return await store.botRuns.findById(run._id).lean<BotRunDoc>();
        }
      },
      startNightly: async (_: unknown, args: { challenges: string[] }, context: Context) => {
        withRole(context, "bot", "operator");
        const unknown = args.challenges.filter((name) => !content.catalogue.challenges.has(name));
        if (unknown.length)
          throw failure(
            "NOT_FOUND",
            `No such challenge: ${unknown.slice(0, 5).join(", ")}.`,
            "See the names with ./agon bots run --list or at /challenges.",
          );
        return domain.nightly.enqueue(args.challenges);
      },
    },
    BotRun: { id: (run: BotRunDoc) => run._id },
  };
}
