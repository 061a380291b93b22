import { status } from "@grpc/grpc-js";
import type { Logger } from "@agon/daemon/log";
import { failure } from "./failure.ts";
import { turnsOf } from "./fold.ts";
import { linkOf, type HostLink } from "./hosts.ts";
import { notRunning } from "./not-running.ts";
import type { PlayDoc } from "./models/play.ts";
import type { Places } from "./places.ts";
import type { PlayLimits } from "./play-limits.ts";
import type { PlayViews } from "./play-views.ts";
import type { Plays } from "./plays.ts";

/** What pauses plays and lets them go on. Each step is in the log first, so the sweep can ask a host again. */
export class Keeping {
  readonly limits: PlayLimits;
  readonly #hosts: Map<string, HostLink>;
  readonly #places: Places;
  readonly #plays: Plays;
  readonly #views: PlayViews;
  readonly #log: Logger;

  constructor(parts: {
    limits: PlayLimits;
    hosts: Map<string, HostLink>;
    places: Places;
    plays: Plays;
    views: PlayViews;
    log: Logger;
  }) {
    this.limits = parts.limits;
    this.#hosts = parts.hosts;
    this.#places = parts.places;
    this.#plays = parts.plays;
    this.#views = parts.views;
    this.#log = parts.log;
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
      throw failure("BAD_INPUT", notRunning(play.view), "Only a running play can be paused.");
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
    await this.#ask(play, () => linkOf(this.#hosts, play).stopPlay(play._id, memory));
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
      await this.#ask(play, () => linkOf(this.#hosts, play).stopPlay(play._id, play.view.memory));
    if (play.view.state !== "STARTING") return;
    const full = await this.#ask(play, () => linkOf(this.#hosts, play).restartPlay(play._id));
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
    const { state, stoppedAt, expiresAt, idleStopsAt, failedAt } = play.view;
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
    // What never got ready is nothing to go on with.
    if (state === "WARMING_UP" && failedAt !== null && idleStopsAt && idleStopsAt < now) {
      await this.#plays.end(play, "It failed before it was ready, and nobody looked at it.");
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

  /** Somebody looks at the play: its idle time begins anew. */
  async stay(play: PlayDoc): Promise<void> {
    await linkOf(this.#hosts, play).touchPlay(play._id);
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
