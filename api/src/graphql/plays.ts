import { preciseNow } from "@agon/daemon/clock";
import { failure } from "../failure.ts";
import type { PlayDelta } from "../play-delta.ts";
import { onHost } from "../host-failure.ts";
import { keysOf, versionOf, type Checkpoint, type PlayDoc, type TaskView } from "../models/play.ts";
import { resolvedVariables } from "../variables.ts";
import type { Context, Domain } from "./context.ts";
import { signedIn, withRole } from "./context.ts";
import type { Report } from "../trace.ts";
import { maxSightings, traceAsked, traceTopic } from "../trace.ts";

const heartbeatMs = 5000;
const maxInput = 4096;
const plain = /^[\w.-]{1,64}$/;

/** Plays: their life, their machines, their live view. */
export function playResolvers(domain: Domain) {
  const { drafts, forks, plays, keeping, store, content, live } = domain;

  /** A task as its owner may see it: helpers never, of init tasks nothing but what their failcheck says. */
  const shownTask = (play: PlayDoc, task: { name: string } & TaskView) => {
    const keys = keysOf(play);
    const key = keys.find((known) => known.name === task.name);
    if (!key || key.kind === "helper") return null;
    const hidden = key.kind === "init" && !play.authorView;
    const helpers = new Set(keys.filter((k) => k.kind === "helper").map((k) => k.name));
    return {
      ...task,
      generation: task.generation ?? 0,
      stoppedMs: task.stoppedMs ?? 0,
      hint: hidden ? null : task.hint || null,
      // What a failcheck says is written for who has to start anew, of an init task, too.
      failure: task.failure || null,
      trouble: task.trouble ?? null,
      blockedBy: (task.blockedBy ?? []).filter((name) => !helpers.has(name)),
    };
  };
  /** A play whose author's view the viewer may have: an own one, of operators any. */
  const authored = async (id: string, context: Context): Promise<PlayDoc> => {
    const viewer = signedIn(context);
    const play = viewer.role === "operator" ? await plays.find(id) : await plays.owned(id, viewer);
    if (!play) throw failure("NOT_FOUND", "There is no such play.", "Look into the list of plays.");
    if (viewer.role === "learner")
      throw failure("FORBIDDEN", "This is the author's view.", "Use the play's tasks.");
    return play;
  };
  const checkpointOf = (play: PlayDoc) => (one: Checkpoint) => ({ ...one, play });
  const fresh = async (play: PlayDoc): Promise<PlayDoc> => (await plays.find(play._id)) ?? play;

  const slot = async (
    context: Context,
    args: { play: string; machine: string; session?: string | null; user?: string | null },
    exec: boolean,
  ) => {
    const play = await plays.owned(args.play, signedIn(context));
    if ((args.session && !plain.test(args.session)) || (args.user && !plain.test(args.user)))
      throw failure("BAD_INPUT", "That is not a name.", "Use letters, digits, dot, dash.");
    const link = plays.hostOf(play);
    const reply = await onHost(
      link.openSlot({
        play: play._id,
        machine: args.machine,
        user: args.user ?? "",
        exec,
        session: args.session ?? "",
      }),
    );
    return { url: `${link.terminal}${reply.path}`, session: reply.session };
  };

  const variablesOf = async (play: PlayDoc) => {
    const challenge = await content.version(versionOf(play), play.challenge);
    return challenge ? resolvedVariables(challenge, play.view.published ?? {}) : [];
  };

  async function* watch(args: { id: string }, context: Context) {
    const viewer = signedIn(context);
    await plays.owned(args.id, viewer);
    const { queue, close } = live.listen(`play:${args.id}`);
    try {
      // Read after listening: what comes between is in both, and told by its version.
      let doc = await plays.owned(args.id, viewer);
      let version = doc.foldedTo;
      const update = (rest: object) => ({ play: { version, sentAt: preciseNow(), ...rest } });
      yield update({ snapshot: doc });
      for (;;) {
        const next = await queue.next(heartbeatMs);
        const trace = typeof next === "object" && traceAsked(next.item);
        if (trace) {
          yield update({ trace });
          continue;
        }
        if (typeof next === "object") {
          const delta = next.item as PlayDelta & { version: number };
          if (delta.version <= version) continue;
          if (delta.version === version + 1 && !delta.whole) {
            version = delta.version;
            const { task, checkpoints, published, ...rest } = delta;
            if (published) {
              const all = { ...doc.view.published, ...published };
              doc = { ...doc, view: { ...doc.view, published: all } };
            }
            yield update({
              ...rest,
              version,
              task: task && shownTask(doc, task),
              ...(checkpoints && { checkpoints: checkpoints.map(checkpointOf(doc)) }),
              ...(published && { variables: await variablesOf(doc) }),
            });
            continue;
          }
        }
        const read = await plays.find(args.id).catch(() => null);
        // No sign of life while the store is away: the browser then says that it is not current.
        if (!read) continue;
        if (read.foldedTo > version) {
          doc = read;
          version = doc.foldedTo;
          yield update({ snapshot: doc });
        } else if (next === "quiet") yield update({});
      }
    } finally {
      close();
    }
  }

  return {
    Query: {
      play: (_: unknown, args: { id: string }, context: Context) =>
        plays.owned(args.id, signedIn(context)),
      myPlays: async (_: unknown, args: { active?: boolean | null }, context: Context) => {
        const owner = signedIn(context).id;
        const filter = args.active === true ? { owner, open: true } : { owner };
        const found = await store.plays
          .find(filter)
          .sort({ "view.startedAt": -1 })
          .limit(100)
          .lean<PlayDoc[]>();
        return args.active === false ? found.filter((play) => !play.open) : found;
      },
      taskRuns: async (_: unknown, args: { play: string; task: string }, context: Context) => {
        const play = await authored(args.play, context);
        return (await onHost(plays.hostOf(play).taskRuns(play._id, args.task))).json;
      },
      playLimits: async (_: unknown, _args: unknown, context: Context) => {
        const { lifetimeMs, extensionMs, maxExtensions, idleMs, kept, keptMs } = keeping.limits;
        return {
          lifetimeMinutes: lifetimeMs / 60_000,
          extensionMinutes: extensionMs / 60_000,
          maxExtensions,
          idleMinutes: idleMs / 60_000,
          kept,
          keptHours: keptMs / 3600_000,
          keptNow: await keeping.keptBy(signedIn(context).id),
        };
      },
      playTasks: async (_: unknown, args: { play: string }, context: Context) => {
        const play = await authored(args.play, context);
        return (await onHost(plays.hostOf(play).describePlay(play._id))).tasksJson;
      },
    },
    Mutation: {
      runTask: async (_: unknown, args: { play: string; task: string }, context: Context) => {
        const play = await authored(args.play, context);
        return (await onHost(plays.hostOf(play).runTask(play._id, args.task))).json;
      },
      startPlay: (
        _: unknown,
        args: {
          challenge: string;
          backend?: string | null;
          checkpoints?: boolean | null;
          answers?: { key: string; value: string }[] | null;
        },
        context: Context,
      ) => {
        if (args.backend || args.checkpoints) withRole(context, "author", "operator", "bot");
        return plays.start(signedIn(context), args.challenge, {
          backend: args.backend ?? "",
          ...(args.answers?.length && {
            answers: Object.fromEntries(args.answers.map(({ key, value }) => [key, value])),
          }),
          ...(args.checkpoints !== null && args.checkpoints !== undefined
            ? { checkpoints: args.checkpoints }
            : {}),
        });
      },
      pausePlay: async (
        _: unknown,
        args: { id: string; memory?: boolean | null },
        context: Context,
      ) => {
        const play = await plays.owned(args.id, signedIn(context));
        await keeping.pause(play, args.memory ?? play.armed ?? false, "");
        return fresh(play);
      },
      resumePlay: async (_: unknown, args: { id: string }, context: Context) => {
        const play = await plays.owned(args.id, signedIn(context));
        await keeping.resume(play);
        return fresh(play);
      },
      forkPlay: async (
        _: unknown,
        args: { id: string; checkpoint?: string | null; replace?: boolean | null },
        context: Context,
      ) => {
        const play = await plays.owned(args.id, signedIn(context));
        return forks.fork(play, args.checkpoint ?? "", args.replace ?? false);
      },
      stayPlay: async (_: unknown, args: { id: string }, context: Context) => {
        const play = await plays.owned(args.id, signedIn(context));
        plays.hostOf(play);
        await onHost(keeping.stay(play));
        return fresh(play);
      },
      endPlay: async (_: unknown, args: { id: string }, context: Context) => {
        const play = await plays.owned(args.id, signedIn(context));
        // The sweep goes on where a host is away.
        await plays.end(play, "Ended by its owner.").catch(() => {});
        return fresh(play);
      },
      restartPlay: async (_: unknown, args: { id: string }, context: Context) => {
        const viewer = signedIn(context);
        const play = await plays.owned(args.id, viewer);
        await plays.end(play, "Restarted.").catch(() => {});
        return plays.start(viewer, play.challenge, {
          backend: play.backend ?? "",
          ...(play.answers && { answers: play.answers }),
          ...(play.armed === undefined ? {} : { checkpoints: play.armed }),
        });
      },
      extendPlay: async (_: unknown, args: { id: string }, context: Context) => {
        const play = await plays.owned(args.id, signedIn(context));
        await plays.extend(play);
        return fresh(play);
      },
      submitInput: async (
        _: unknown,
        args: { play: string; task: string; value: string },
        context: Context,
      ) => {
        const play = await plays.owned(args.play, signedIn(context));
        const value = Buffer.from(args.value);
        if (value.length > maxInput || value.includes(0))
          throw failure(
            "BAD_INPUT",
            "The answer is too long or holds a NUL byte.",
            `Send at most ${maxInput} bytes of text.`,
          );
        const challenge = await content.version(versionOf(play), play.challenge);
        const task = challenge?.tasks.find((t) => t.name === args.task && t.kind === "regular");
        if (!task?.input)
          throw failure("NOT_FOUND", "This task takes no answer.", "Reload the play.");
        await onHost(
          plays.hostOf(play).submitInput({
            play: play._id,
            task: task.name,
            value,
            destination: task.destination,
          }),
        );
        return true;
      },
      reportTrace: async (
        _: unknown,
        args: { play: string; request: string } & Omit<Report, "answeredAt">,
        context: Context,
      ) => {
        const answeredAt = preciseNow();
        const play = await plays.owned(args.play, signedIn(context));
        if (!plain.test(args.request) || args.sightings.length > maxSightings)
          throw failure("BAD_INPUT", "That is no report.", `At most ${maxSightings} sightings.`);
        const { clock, sightings } = args;
        live.publish(traceTopic(play._id, args.request), { clock, sightings, answeredAt });
        return true;
      },
      openTerminal: (
        _: unknown,
        args: { play: string; machine: string; session?: string | null },
        context: Context,
      ) => slot(context, args, false),
      openExec: (
        _: unknown,
        args: { play: string; machine: string; user?: string | null },
        context: Context,
      ) => slot(context, args, true),
    },
    Subscription: {
      play: {
        subscribe: (_: unknown, args: { id: string }, context: Context) => watch(args, context),
      },
    },
    Play: {
      variables: variablesOf,
      id: (play: PlayDoc) => play._id,
      owner: (play: PlayDoc) => play.handle,
      challenge: (play: PlayDoc) => content.version(versionOf(play), play.challenge),
      state: (play: PlayDoc) => play.view.state,
      reason: (play: PlayDoc) => play.view.reason || null,
      version: (play: PlayDoc) => play.foldedTo,
      startedAt: (play: PlayDoc) => play.view.startedAt,
      readyAt: (play: PlayDoc) => play.view.runningAt,
      endedAt: (play: PlayDoc) => play.view.endedAt,
      expiresAt: (play: PlayDoc) => play.view.expiresAt,
      extensions: (play: PlayDoc) => play.view.extensions,
      tasks: (play: PlayDoc) =>
        keysOf(play).flatMap(({ name }) => {
          const none = { state: 0, hint: "", failure: "", blockedBy: [], rounds: 0, generation: 0 };
          const view = play.view.tasks[name];
          const shown = shownTask(play, { ...none, changedAt: null as never, ...view, name });
          return shown ? [shown] : [];
        }),
      machines: (play: PlayDoc) =>
        Object.entries(play.view.machines).map(([name, machine]) => ({
          name,
          ready: false,
          ...machine,
        })),
      backend: (play: PlayDoc) => play.backend || play.hostBackend || null,
      answers: (play: PlayDoc) =>
        Object.entries(play.answers ?? {}).map(([key, value]) => ({ key, value })),
      armed: (play: PlayDoc) => play.armed ?? false,
      stoppedAt: (play: PlayDoc) => play.view.stoppedAt ?? null,
      stoppedMs: (play: PlayDoc) => play.view.stoppedMs ?? 0,
      keptUntil: (play: PlayDoc) =>
        play.view.state === "STOPPED" && play.view.stoppedAt
          ? play.view.stoppedAt + keeping.limits.keptMs
          : null,
      idleStopsAt: (play: PlayDoc) => play.view.idleStopsAt ?? null,
      checkpoints: (play: PlayDoc) => (play.view.checkpoints ?? []).map(checkpointOf(play)),
      forkedFrom: (play: PlayDoc) => play.view.forkedFrom?.play ?? null,
      completed: (play: PlayDoc) => play.view.completedAt !== null,
      failed: (play: PlayDoc) => play.view.failedAt !== null,
      solve: (play: PlayDoc) => play.view.solve,
      draft: async (play: PlayDoc) => {
        const shown = play.view.draft;
        const broken = shown?.problems.some(({ severity }) => severity === "error") ?? false;
        if (shown) return { ...shown, loaded: shown.loaded ?? !broken };
        if (!play.draft) return null;
        // Nothing was pushed since it started: what was wrong then still is.
        const problems = await drafts.problemsAtStart(play);
        return { loaded: true, problems, fresh: [], at: play.view.startedAt };
      },
    },
    Checkpoint: {
      missed: ({ missed }: Checkpoint) => missed ?? null,
      title: async ({ play, task }: Checkpoint & { play: PlayDoc }) => {
        const challenge = await content.version(versionOf(play), play.challenge);
        return challenge?.tasks.find(({ name }) => name === task)?.title ?? task;
      },
    },
  };
}
