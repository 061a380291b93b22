import { status } from "@grpc/grpc-js";
import type { Logger } from "@agon/daemon/log";
import type { Content } from "./content.ts";
import { failure } from "./failure.ts";
import type { ForkData } from "./fold.ts";
import { emptyView, isFinal, turnsOf } from "./fold.ts";
import { hostFailure } from "./host-failure.ts";
import type { HostLink } from "./hosts.ts";
import { keysOf, versionOf, type PlayDoc } from "./models/play.ts";
import type { Store } from "./models/store.ts";
import type { Places } from "./places.ts";
import { playSpec } from "./play-spec.ts";
import type { PlayLimits } from "./play-limits.ts";
import type { PlayViews } from "./play-views.ts";
import { newPlayId, type Plays } from "./plays.ts";

/** What pauses plays, lets them go on, and copies them. Each step is in the log first, so the sweep can ask a host again. */
export class Keeping {
  readonly limits: PlayLimits;
  readonly #store: Store;
  readonly #content: Content;
  readonly #hosts: Map<string, HostLink>;
  readonly #places: Places;
  readonly #plays: Plays;
  readonly #views: PlayViews;
  readonly #log: Logger;

  constructor(parts: {
    limits: PlayLimits;
    store: Store;
    content: Content;
    hosts: Map<string, HostLink>;
    places: Places;
    plays: Plays;
    views: PlayViews;
    log: Logger;
  }) {
    this.limits = parts.limits;
    this.#store = parts.store;
    this.#content = parts.content;
    this.#hosts = parts.hosts;
    this.#places = parts.places;
    this.#plays = parts.plays;
    this.#views = parts.views;
    this.#log = parts.log;
  }

  #link(play: PlayDoc): HostLink {
    const link = this.#hosts.get(play.host);
    if (link) return link;
    throw failure("UNAVAILABLE", "The play's host does not answer.", "Try again in a moment.");
  }

  /**
   * Stops the machines and keeps them. Twice is the same as once.
   * @param memory running programs go on afterwards, where the backend can.
   * @throws LIMIT when the user keeps as many as allowed.
   */
  async pause(play: PlayDoc, memory: boolean, reason: string): Promise<void> {
    const { state } = play.view;
    if (state === "STOPPING" || state === "STOPPED") return;
    if (state !== "RUNNING")
      throw failure(
        "BAD_INPUT",
        state === "DESTROYING" || isFinal(state) ? "The play is over." : "The play is starting.",
        "Only a running play can be paused.",
      );
    const { kept } = this.limits;
    if (!(await this.#places.takeOf("kept", play.owner, kept, play._id)))
      throw failure(
        "LIMIT",
        kept
          ? `You keep ${kept} paused plays, and no more are allowed.`
          : "Paused plays are not kept here.",
        kept ? "Go on with one of them, or end one; then pause this one." : "End it, or go on.",
      );
    await this.#turn(play, "pausing", { memory, reason });
    await this.#ask(play, () => this.#link(play).stopPlay(play._id, memory));
  }

  /** Starts the machines of a paused play again. @throws LIMIT when no place among running plays is free. */
  async resume(play: PlayDoc): Promise<void> {
    const { state } = play.view;
    if (state === "STARTING" || state === "RUNNING") return;
    if (state !== "STOPPED")
      throw failure(
        "BAD_INPUT",
        state === "STOPPING" ? "The play is still being paused." : "The play is over.",
        state === "STOPPING" ? "Try again in a moment." : "Start a new one.",
      );
    await this.#plays.takeSeat(play.owner, play.keepAttended, play._id);
    await this.#turn(play, "resuming", { expiresAt: Date.now() + this.limits.lifetimeMs });
    await this.askAgain({ ...play, view: { ...play.view, state: "STARTING" } });
  }

  async #turn(play: PlayDoc, type: string, data: Record<string, unknown>): Promise<void> {
    await this.#views.append({
      log: play._id,
      eventId: `${play._id}/api/turn/${turnsOf(play.view) + 1}`,
      at: Date.now(),
      type,
      data,
    });
  }

  /** Asks the host. One that does not answer is asked again by the sweep; one that lost the play ends it. @returns what else it refused. */
  async #ask(play: PlayDoc, ask: () => Promise<unknown>): Promise<string | undefined> {
    try {
      await ask();
    } catch (error) {
      const { code, details } = error as { code?: number; details?: string };
      if (code === status.NOT_FOUND)
        await this.#say(play, "lost", { state: "FAILED", reason: "Its host has lost it." });
      else if (code === status.RESOURCE_EXHAUSTED) return details || "the host is full";
      else
        this.#log.warn({ play: play._id, error: String(error) }, "asked again by the next sweep");
    }
    return undefined;
  }

  /** Tells in the log what became of the play's newest turn. */
  async #say(play: PlayDoc, what: string, data: Record<string, unknown>): Promise<void> {
    const { view } = (await this.#plays.find(play._id)) ?? play;
    await this.#views.append({
      log: play._id,
      eventId: `${play._id}/api/turn/${turnsOf(view)}/${what}`,
      at: Date.now(),
      type: "state",
      data,
    });
  }

  /** Asks the host again for what the log says that it should do. @throws LIMIT when it has no room. */
  async askAgain(play: PlayDoc): Promise<void> {
    if (play.view.state === "STOPPING")
      await this.#ask(play, () => this.#link(play).stopPlay(play._id, play.view.memory));
    if (play.view.state !== "STARTING") return;
    const full = await this.#ask(play, () => this.#link(play).restartPlay(play._id));
    if (!full) return;
    // It stays paused, and says why.
    const reason = `It could not go on: ${full}.`;
    await this.#say(play, "refused", { state: "STOPPED", reason });
    await this.tidy((await this.#plays.find(play._id)) ?? play);
    throw failure(
      "LIMIT",
      "The play's host has no room now.",
      "Its machines are kept there: try again in a few minutes.",
    );
  }

  /** Makes the places that a play holds fit its state. */
  async tidy(play: PlayDoc): Promise<void> {
    const { state } = play.view;
    if (state === "STOPPED") {
      await this.#places.leaveOf("seat", play);
      // One that is over the number was kept all the same, by a crash between two steps.
      await this.#places.takeOf("kept", play.owner, this.limits.kept + 20, play._id);
    } else if (state === "RUNNING" && (turnsOf(play.view) > 0 || play.fork))
      await this.#places.leaveOf("kept", play);
  }

  /** What the sweep does with a play that is kept, or runs out. @returns whether it did something. */
  async watch(play: PlayDoc, now: number): Promise<boolean> {
    const { state, stoppedAt, expiresAt, idleStopsAt } = play.view;
    if (state === "STOPPING" || state === "STARTING") {
      await this.askAgain(play);
      return true;
    }
    await this.tidy(play);
    if (state === "STOPPED") {
      if ((stoppedAt ?? now) + this.limits.keptMs < now)
        await this.#plays.end(
          play,
          `It was kept for ${days(this.limits.keptMs)} and then deleted.`,
        );
      return true;
    }
    if (state !== "RUNNING") return false;
    if (expiresAt < now) await this.#runOut(play, "Its time was over.");
    else if (idleStopsAt && idleStopsAt < now)
      await this.#runOut(play, `Nothing happened for ${this.limits.idleMs / 60_000} minutes.`);
    else return false;
    return true;
  }

  /** Pauses a play by itself; ends it where that is not possible. */
  async #runOut(play: PlayDoc, reason: string): Promise<void> {
    if (play.keepAttended) return this.#plays.end(play, reason);
    try {
      await this.pause(play, true, reason);
    } catch (error) {
      const { code } = (error as { extensions?: { code?: string } }).extensions ?? {};
      if (code !== "LIMIT") throw error;
      const why = this.limits.kept ? ` You keep ${this.limits.kept} paused plays already.` : "";
      await this.#plays.end(play, `${reason}${why}`);
    }
  }

  /**
   * Makes a new play of the same owner from a copy of this one.
   * @param checkpoint empty = as it is now. @param replace this one ends, and the copy takes its places.
   */
  async fork(play: PlayDoc, checkpoint: string, replace: boolean): Promise<PlayDoc> {
    const { state } = play.view;
    if (state !== "RUNNING" && state !== "STOPPED")
      throw failure(
        "BAD_INPUT",
        state === "DESTROYING" || isFinal(state) ? "The play is over." : `The play is ${state}.`,
        "A running or a paused play can be forked.",
      );
    const of = play.view.checkpoints?.find(({ id }) => id === checkpoint);
    if (checkpoint && !of)
      throw failure("NOT_FOUND", "This checkpoint is gone.", "Choose one that the play still has.");
    const now = Date.now();
    const id = newPlayId();
    const { placed: _, ...same } = play;
    const copy: PlayDoc = {
      ...same,
      _id: id,
      // Of an author's draft, as its graph is now.
      version: versionOf(play),
      taskKeys: keysOf(play),
      placed: false,
      open: true,
      solveRecorded: play.solveRecorded && !checkpoint,
      createdAt: now,
      fork: { from: play._id, checkpoint },
      ...(replace ? { replaces: play._id } : {}),
      foldedTo: 0,
      view: emptyView(now, now + this.limits.lifetimeMs),
    };
    if (!replace) delete copy.replaces;
    // What stands still has no seat to give away.
    if (!replace || state === "STOPPED")
      await this.#plays.takeSeat(play.owner, play.keepAttended, id);
    await this.#store.plays.collection.insertOne(copy as never);
    const { startedAt, runningAt, stoppedAt, stoppedMs, completedAt, solve, tasks } = play.view;
    const data: ForkData = {
      from: play._id,
      seq: play.foldedTo,
      checkpoint,
      task: of?.task ?? "",
      view: {
        startedAt,
        runningAt,
        stoppedAt: stoppedAt ?? null,
        stoppedMs: stoppedMs ?? 0,
        completedAt: checkpoint ? null : completedAt,
        solve: checkpoint ? null : solve,
        carried: tasks,
      },
    };
    await this.#views.append({
      log: id,
      eventId: `${id}/api/fork`,
      at: now,
      type: "fork",
      data: { ...data },
    });
    try {
      await this.placeFork(copy);
    } catch (error) {
      await this.#views.append({
        log: id,
        eventId: `${id}/api/not-placed`,
        at: Date.now(),
        type: "state",
        data: { state: "FAILED", reason: "It could not be copied." },
      });
      await this.#places.leaveAll(id);
      throw hostFailure(error);
    }
    return (await this.#plays.find(id)) ?? copy;
  }

  /** Has the host make the copy; the same again changes nothing, so the sweep repeats it after a crash. */
  async placeFork(copy: PlayDoc): Promise<void> {
    const { from, checkpoint } = copy.fork!;
    const challenge = await this.#content.version(versionOf(copy), copy.challenge);
    if (!challenge) throw failure("NOT_FOUND", "The challenge is gone.", "Start another one.");
    const spec = playSpec(copy._id, challenge, {
      ...copy,
      idleSeconds: this.limits.idleMs / 1_000,
    });
    await this.#link(copy).forkPlay({ spec, from, checkpoint });
    await this.#store.plays.updateOne({ _id: copy._id }, { $set: { placed: true } });
    await this.finishReplacing(copy);
  }

  /** Ends what a copy takes the place of. */
  async finishReplacing(copy: PlayDoc): Promise<void> {
    if (!copy.replaces) return;
    const before = await this.#plays.find(copy.replaces);
    if (before?.open) {
      await this.#places.hand(before._id, copy._id);
      await this.#plays.end(before, "You went back to an earlier moment of it.").catch(() => {});
    }
    await this.#store.plays.updateOne({ _id: copy._id }, { $unset: { replaces: 1 } });
  }

  /** Somebody looks at the play: its idle time begins anew. */
  async stay(play: PlayDoc): Promise<void> {
    await this.#link(play).touchPlay(play._id);
  }

  /** How many plays a user keeps now. */
  keptBy(user: string): Promise<number> {
    return this.#places.count("kept", user);
  }
}

function days(ms: number): string {
  const hours = Math.round(ms / 3600_000);
  if (hours % 24) return `${hours} hour${hours === 1 ? "" : "s"}`;
  return `${hours / 24} day${hours === 24 ? "" : "s"}`;
}
