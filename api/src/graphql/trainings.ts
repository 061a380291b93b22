import type { Entry } from "../entry.ts";
import { isOn } from "../enrolments.ts";
import { failure } from "../failure.ts";
import type { EnrolmentDoc, EnrolmentState } from "../models/training.ts";
import type { Context, Domain } from "./context.ts";
import { bounded, signedIn } from "./context.ts";

/** An instant as Unix ms; empty or null = open. */
function instant(text: string | null | undefined, name: string): number {
  if (!text) return 0;
  const at = Date.parse(text);
  if (Number.isNaN(at) || at < 0 || at > 8.64e15)
    throw failure(
      "BAD_INPUT",
      `${name} is no instant: ${text.slice(0, 40)}`,
      "Write it as 2026-12-01T09:00:00Z.",
    );
  return at;
}

/** Trainings: who takes part, who teaches, when they are on. */
export function trainingResolvers({ enrolments, library, viewers }: Domain) {
  const training = (name: string, context: Context): Entry => {
    const entry = library.find("training", name);
    if (!entry || !library.may(context.viewer, "canRead", entry))
      throw failure("NOT_FOUND", "There is no such training.", "Choose it in the catalogue.");
    return entry;
  };
  return {
    Mutation: {
      enrol: async (_: unknown, args: { training: string }, context: Context) => {
        const viewer = signedIn(context);
        const entry = training(args.training, context);
        await enrolments.enrol(viewer, entry);
        context.viewer = await viewers.fresh(viewer.id);
        return entry;
      },
      leaveTraining: async (_: unknown, args: { training: string }, context: Context) => {
        const viewer = signedIn(context);
        const entry = training(args.training, context);
        await enrolments.leave(viewer, entry);
        context.viewer = await viewers.fresh(viewer.id);
        return entry;
      },
      decideEnrolment: async (
        _: unknown,
        args: { training: string; handle: string; state: string },
        context: Context,
      ) => {
        const viewer = signedIn(context);
        const entry = training(args.training, context);
        const { handle, state } = args;
        const user = await enrolments.decide(viewer, entry, handle, state as EnrolmentState);
        await viewers.fresh(user);
        return entry;
      },
      setTrainingTerms: async (
        _: unknown,
        args: {
          training: string;
          startsAt?: string | null;
          endsAt?: string | null;
          approval: boolean;
          instructors: string[];
        },
        context: Context,
      ) => {
        const entry = training(args.training, context);
        await enrolments.setTerms(signedIn(context), entry, {
          startsAt: instant(args.startsAt, "The start"),
          endsAt: instant(args.endsAt, "The end"),
          approval: args.approval,
          instructors: args.instructors.map((handle) => handle.trim()).filter(Boolean),
        });
        // Who was a student or an instructor until now must not read on for as long as viewers are kept.
        viewers.forgetAll();
        context.viewer = await viewers.fresh(signedIn(context).id);
        return entry;
      },
    },
    Content: {
      training: async (entry: Entry) =>
        entry.kind === "training" ? { ...(await enrolments.terms(entry.name)), entry } : null,
    },
    Training: {
      startsAt: ({ startsAt }: { startsAt: number }) => startsAt || null,
      endsAt: ({ endsAt }: { endsAt: number }) => endsAt || null,
      active: (terms: Parameters<typeof isOn>[0]) => isOn(terms),
      mayEnrol: ({ entry }: { entry: Entry }, _: unknown, context: Context) =>
        context.viewer !== null && library.may(context.viewer, "canEnroll", entry),
      enrolment: async ({ entry }: { entry: Entry }, _: unknown, context: Context) =>
        (context.viewer && (await enrolments.of(context.viewer.id, entry.name)))?.state ?? null,
      teaches: ({ entry }: { entry: Entry }, _: unknown, context: Context) =>
        library.instructs(context.viewer, entry),
      students: (
        { entry }: { entry: Entry },
        args: { first?: number | null; after?: number | null },
        context: Context,
      ) =>
        enrolments.students(
          signedIn(context),
          entry,
          bounded(args.first, 50, 200),
          bounded(args.after, 0, 10_000),
        ),
    },
    Student: { name: (one: EnrolmentDoc) => one.name || one.handle },
  };
}
