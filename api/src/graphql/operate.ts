import { createHash } from "node:crypto";
import { failure } from "../failure.ts";
import type { BotRunDoc } from "../models/store.ts";
import { isDuplicate } from "../models/store.ts";
import type { HostLink } from "../hosts.ts";
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
  const shown = async (host: HostLink) => {
    const capacity = await host.capacity().catch(() => null);
    return {
      id: host.id,
      state: !capacity ? "away" : capacity.draining ? "draining" : "up",
      plays: capacity?.plays ?? 0,
      maxPlays: capacity?.maxPlays ?? 0,
      images: capacity?.images ?? [],
      backend: capacity?.backend ?? "",
      backends: capacity?.backends ?? [],
      accelerator: capacity?.accelerator ?? "",
      acceleratorReason: capacity?.acceleratorReason ?? "",
      templates: (capacity?.templates ?? []).map((template) => ({
        ...template,
        poolAsked: Number(template.poolAsked),
        poolHits: Number(template.poolHits),
      })),
      seenAt: host.seenAt,
      load: capacity?.load ?? 0,
      cores: capacity?.cores ?? 0,
      memoryBytes: capacity?.memoryBytes ?? 0,
      memoryFreeBytes: capacity?.memoryFreeBytes ?? 0,
      diskFreeBytes: capacity?.diskFreeBytes ?? 0,
      terminals: capacity?.terminals ?? 0,
    };
  };
  const linkOf = (id: string): HostLink => {
    const link = hosts.get(id);
    if (!link) throw failure("NOT_FOUND", `There is no host ${id}.`, "See ./agon hosts");
    return link;
  };
  return {
    Query: {
      playStats: async (_: unknown, args: { play: string }, context: Context) => {
        const viewer = signedIn(context);
        const play =
          viewer.role === "operator"
            ? await domain.plays.find(args.play)
            : await domain.plays.owned(args.play, viewer);
        if (!play) throw failure("NOT_FOUND", "There is no such play.", "See its address.");
        return (await domain.plays.hostOf(play).stats(play._id)).machines;
      },
      hosts: async (_: unknown, _args: unknown, context: Context) => {
        withRole(context, "operator");
        return Promise.all([...hosts.values()].map(shown));
      },
      botRuns: async (
        _: unknown,
        args: { first?: number; batch?: string | null },
        context: Context,
      ) => {
        const runs = await store.botRuns
          .find(args.batch ? { batch: args.batch } : {})
          .sort({ at: -1 })
          .limit(bounded(args.first, 50, args.batch ? 5000 : 500) || 1)
          .lean<BotRunDoc[]>();
        // A reason may quote what a check printed.
        const reasons = context.viewer !== null && context.viewer.role !== "learner";
        return reasons ? runs : runs.map((run) => ({ ...run, reason: "" }));
      },
    },
    Mutation: {
      createHostToken: (_: unknown, args: { host: string }, context: Context) => {
        withRole(context, "operator");
        return domain.registry.token(args.host);
      },
      drainHost: async (_: unknown, args: { id: string; on: boolean }, context: Context) => {
        withRole(context, "operator");
        const link = linkOf(args.id);
        await link.drain(args.on).catch(() => {
          throw failure("UNAVAILABLE", `${args.id} does not answer.`, "Start its hostd.");
        });
        return shown(link);
      },
      removeHost: async (_: unknown, args: { id: string }, context: Context) => {
        withRole(context, "operator");
        await domain.registry.remove(args.id);
        return true;
      },
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
