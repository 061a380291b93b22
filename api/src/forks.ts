import type { Content } from "./content.ts";
import { failure } from "./failure.ts";
import type { ForkData } from "./fold-fork.ts";
import { emptyView } from "./fold.ts";
import { hostFailure } from "./host-failure.ts";
import { linkOf, type HostLink } from "./hosts.ts";
import { keysOf, versionOf, type PlayDoc } from "./models/play.ts";
import type { Store } from "./models/store.ts";
import { notRunning } from "./not-running.ts";
import type { Places } from "./places.ts";
import type { PlayLimits } from "./play-limits.ts";
import { playSpec } from "./play-spec.ts";
import type { PlayViews } from "./play-views.ts";
import { newPlayId, type Plays } from "./plays.ts";

/** Copies of plays, as they are or as they were at a checkpoint. */
export class Forks {
  readonly #limits: PlayLimits;
  readonly #store: Store;
  readonly #content: Content;
  readonly #hosts: Map<string, HostLink>;
  readonly #places: Places;
  readonly #plays: Plays;
  readonly #views: PlayViews;

  constructor(parts: {
    limits: PlayLimits;
    store: Store;
    content: Content;
    hosts: Map<string, HostLink>;
    places: Places;
    plays: Plays;
    views: PlayViews;
  }) {
    this.#limits = parts.limits;
    this.#store = parts.store;
    this.#content = parts.content;
    this.#hosts = parts.hosts;
    this.#places = parts.places;
    this.#plays = parts.plays;
    this.#views = parts.views;
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
        notRunning(play.view),
        "A running or a paused play can be forked.",
      );
    const of = play.view.checkpoints?.find(({ id, missed }) => id === checkpoint && !missed);
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
      view: emptyView(now, now + this.#limits.lifetimeMs),
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
      await this.place(copy);
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
  async place(copy: PlayDoc): Promise<void> {
    const { from, checkpoint } = copy.fork!;
    const challenge = await this.#content.version(versionOf(copy), copy.challenge);
    if (!challenge) throw failure("NOT_FOUND", "The challenge is gone.", "Start another one.");
    const spec = playSpec(copy._id, challenge, {
      ...copy,
      idleSeconds: this.#limits.idleMs / 1_000,
    });
    await linkOf(this.#hosts, copy).forkPlay({ spec, from, checkpoint });
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
}
