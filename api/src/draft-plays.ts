import { randomUUID } from "node:crypto";
import { answered } from "@agon/content/init-conditions";
import type { Challenge } from "@agon/content/model";
import type { Logger } from "@agon/daemon/log";
import type { UpdateTasksReply } from "@agon/protocol/host";
import type { Content } from "./content.ts";
import { freshReasons } from "./draft-fresh.ts";
import { isFinal } from "./fold.ts";
import type { HostLink } from "./hosts.ts";
import { versionOf, type DraftProblem, type PlayDoc } from "./models/play.ts";
import type { Store } from "./models/store.ts";
import { playSpec } from "./play-spec.ts";
import type { PlayViews } from "./play-views.ts";

/** What a push did to the play of its draft. */
export interface DraftChange {
  play: string;
  /** What takes effect only in fresh machines, in words. */
  fresh: string[];
  added: string[];
  restarted: string[];
  removed: string[];
  /** Why the machines do not have it yet; the next push tries again. */
  late: string;
}

/** Running plays of drafts: they change as the draft does. */
export class DraftPlays {
  readonly #store: Store;
  readonly #content: Content;
  readonly #hosts: Map<string, HostLink>;
  readonly #views: PlayViews;
  readonly #log: Logger;

  constructor(parts: {
    store: Store;
    content: Content;
    hosts: Map<string, HostLink>;
    views: PlayViews;
    log: Logger;
  }) {
    this.#store = parts.store;
    this.#content = parts.content;
    this.#hosts = parts.hosts;
    this.#views = parts.views;
    this.#log = parts.log;
  }

  /** The author's running play of a draft. */
  async active(user: string, name: string): Promise<PlayDoc | null> {
    const place = await this.#store.places
      .findById(`active:${user}:${name}`)
      .lean<{ play: string }>();
    const play = place && (await this.#store.plays.findById(place.play).lean<PlayDoc>());
    return play && isOn(play) ? play : null;
  }

  /**
   * Shows a version on a running play's page, and gives its machines the tasks of it.
   * @param loaded whether the push is that version; else the page keeps what it had.
   * @param told the problems on the page of a play that nothing was pushed to yet.
   */
  async apply(
    play: PlayDoc,
    version: string,
    loaded: boolean,
    problems: DraftProblem[],
    told: DraftProblem[],
  ): Promise<Partial<DraftChange>> {
    const [start, pushed] = await Promise.all([
      this.#content.version(play.version, play.challenge),
      this.#content.version(version, play.challenge),
    ]);
    const now = pushed && answered(pushed, play.answers ?? {});
    if (now && now !== pushed) await this.#content.keep(now);
    version = now?.version ?? version;
    const fresh = start && now ? freshReasons(start, now) : [];
    const shown = play.view.draft;
    const same =
      versionOf(play) === version &&
      JSON.stringify([shown?.problems ?? told, shown?.fresh ?? []]) ===
        JSON.stringify([problems, fresh]);
    const n = (shown?.n ?? 0) + (same ? 0 : 1);
    if (!same)
      await this.#views.append({
        log: play._id,
        eventId: `${play._id}/api/draft/${randomUUID()}`,
        at: Date.now(),
        type: "draft",
        data: { version, loaded, problems, fresh, n },
      });
    const changes = now && play.placed ? await this.#updateTasks(play, now, n) : null;
    return { play: play._id, fresh, ...changes };
  }

  async #updateTasks(
    play: PlayDoc,
    challenge: Challenge,
    n: number,
  ): Promise<Omit<UpdateTasksReply, "revision"> & { late: string }> {
    const none = { added: [], restarted: [], removed: [] };
    const machines = new Set(
      (
        (await this.#content.version(play.version, play.challenge)) ?? challenge
      ).playground.machines.map((machine) => machine.name),
    );
    // A graph that needs another machine waits for fresh ones; `fresh` says so.
    if (challenge.tasks.some((task) => !machines.has(task.machine))) return { ...none, late: "" };
    const link = this.#hosts.get(play.host);
    const late = "The play's host does not answer. The change follows when it does.";
    if (!link) return { ...none, late };
    const { tasks } = playSpec(play._id, challenge, play);
    try {
      return { ...(await link.updateTasks(play._id, challenge.version, tasks, n)), late: "" };
    } catch (error) {
      this.#log.warn({ play: play._id, error: String(error) }, "a live change waits for its host");
      return { ...none, late };
    }
  }

  /** Gives machines the graphs that their hosts were away for. Part of the sweep. */
  async repair(play: PlayDoc): Promise<void> {
    const version = play.view.draft?.version;
    if (!play.draft || !play.placed || !version || play.view.graph?.version === version) return;
    const challenge = await this.#content.version(version, play.challenge);
    if (challenge) await this.#updateTasks(play, challenge, play.view.draft!.n);
  }
}

/** Whether a play's page still follows its draft. */
export function isOn({ view }: PlayDoc): boolean {
  return !isFinal(view.state) && view.state !== "DESTROYING";
}
