import type { Challenge } from "@agon/content/model";
import { coloursOf } from "../code-colours.ts";
import { failure } from "../failure.ts";
import { isFinal } from "../fold.ts";
import { versionOf } from "../models/play.ts";
import { basePoints, hintPrice, isScored } from "../scoring.ts";
import { attemptLog } from "../solves.ts";
import type { Context, Domain } from "./context.ts";
import { signedIn, withRole } from "./context.ts";

/** Catalogue, hints and solutions. */
export function contentResolvers(domain: Domain) {
  const { content, library, log, plays } = domain;

  /** What is offered to this viewer: to others it does not exist. */
  const readable = (name: string, viewer: Context["viewer"]): Challenge | undefined =>
    library.mayPlay(viewer, "canRead", name) ? content.current(name) : undefined;

  const taken = async (challenge: string, viewer: Context["viewer"]): Promise<Set<string>> => {
    if (!viewer) return new Set();
    const events = await log.readAll(attemptLog(challenge, viewer.id));
    return new Set(events.filter((e) => e.type === "hint").map((e) => String(e.data["hint"])));
  };

  /** The version that the viewer plays now, else the one that is offered. */
  const played = async (name: string, context: Context): Promise<Challenge> => {
    const viewer = signedIn(context);
    const play = await plays.active(viewer.id, name);
    const challenge =
      (play && (await content.version(versionOf(play), name))) || readable(name, viewer);
    if (challenge) return challenge;
    throw failure("NOT_FOUND", `There is no challenge ${name}.`, "Choose one of the catalogue.");
  };

  /** Recorded before anything is returned; taking it again costs nothing. */
  const take = async (
    challenge: Challenge,
    context: Context,
    type: "hint" | "solution",
    id: string,
  ): Promise<void> => {
    const attempt = attemptLog(challenge.name, signedIn(context).id);
    await log.append({
      log: attempt,
      eventId: `${attempt}/${type}/${id}`,
      scope: "open",
      at: Date.now(),
      type,
      data: { [type]: id },
    });
  };

  return {
    Query: {
      challenges: async (
        _: unknown,
        args: { search?: string; category?: string; difficulty?: string },
        context: Context,
      ) => {
        const search = args.search?.toLowerCase().trim();
        return [...content.catalogue.challenges.values()].filter(
          (c) =>
            library.mayPlay(context.viewer, "canList", c.name) &&
            library.mayPlay(context.viewer, "canRead", c.name) &&
            (!args.category || c.categories.includes(args.category)) &&
            (!args.difficulty || c.difficulty === args.difficulty) &&
            (!search ||
              [c.title, c.description, c.name, ...c.tags, ...c.categories].some((text) =>
                text.toLowerCase().includes(search),
              )),
        );
      },
      challenge: async (_: unknown, args: { name: string }, context: Context) => {
        await domain.authored.lookFor(context.viewer, "challenge", args.name);
        return readable(args.name, context.viewer) ?? null;
      },
      contentErrors: (_: unknown, _args: unknown, context: Context) => {
        withRole(context, "author", "operator", "bot");
        return content.catalogue.problems;
      },
    },
    Mutation: {
      takeHint: async (_: unknown, args: { challenge: string; hint: string }, context: Context) => {
        const challenge = await played(args.challenge, context);
        const hint = challenge.hints.find((item) => item.id === args.hint);
        if (!hint)
          throw failure("NOT_FOUND", `There is no hint ${args.hint}.`, "Reload the challenge.");
        await take(challenge, context, "hint", hint.id);
        return { ...hint, cost: hintPrice(challenge.difficulty), taken: true };
      },
      takeSolution: async (_: unknown, args: { challenge: string }, context: Context) => {
        const challenge = await played(args.challenge, context);
        if (!library.mayPlay(context.viewer, "canReadSolution", args.challenge))
          throw failure("FORBIDDEN", "Its solution is not for you.", "Use its hints.");
        if (!challenge.solution)
          throw failure("NOT_FOUND", "This challenge has no written solution.", "Use its hints.");
        await take(challenge, context, "solution", "whole");
        return challenge.solution;
      },
    },
    Hint: {
      code: (hint: { body: string | null }) => (hint.body ? coloursOf(hint.body) : []),
    },
    Challenge: {
      // Of a solution that was taken: colours tell lengths of words, and keys tell which text it is.
      solutionCode: async (c: Challenge, _: unknown, context: Context) => {
        if (!context.viewer || !c.solution) return [];
        const events = await log.readAll(attemptLog(c.name, context.viewer.id));
        return events.some((one) => one.type === "solution") ? coloursOf(c.solution) : [];
      },
      points: (c: Challenge) => (isScored(c.name) ? basePoints(c.difficulty) : 0),
      machines: (c: Challenge) => c.playground.machines,
      tasks: (c: Challenge) => {
        const helpers = new Set(c.tasks.filter((t) => t.kind === "helper").map((t) => t.name));
        return c.tasks
          .filter((task) => task.kind !== "helper")
          .map((task) => ({ ...task, needs: task.needs.filter((need) => !helpers.has(need)) }));
      },
      hints: async (c: Challenge, _: unknown, context: Context) => {
        const mine = await taken(c.name, context.viewer);
        return c.hints.map((hint) => ({
          id: hint.id,
          title: hint.title,
          cost: hintPrice(c.difficulty),
          taken: mine.has(hint.id),
          body: mine.has(hint.id) ? hint.body : null,
        }));
      },
      status: async (c: Challenge, _: unknown, context: Context) => {
        const tally = await context.tally();
        if (tally?.solves?.[c.name]) return "solved";
        return tally?.attempted?.[c.name] ? "attempted" : "todo";
      },
      solvedBy: async (c: Challenge) => (await domain.boards.page(c.name, 0, 1)).total,
      hasSolution: (c: Challenge) => c.solution !== "",
      activePlay: async (c: Challenge, _: unknown, context: Context) => {
        if (!context.viewer) return null;
        const play = await plays.active(context.viewer.id, c.name);
        return play && !isFinal(play.view.state) ? play : null;
      },
    },
  };
}
