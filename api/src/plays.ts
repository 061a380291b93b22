import { randomBytes } from "node:crypto";
import { answered, wrongAnswer } from "@agon/content/init-conditions";
import type { Challenge, Dimension, Playground } from "@agon/content/model";
import type { Content } from "./content.ts";
import { PREFIX, type Drafts } from "./drafts.ts";
import { failure } from "./failure.ts";
import { emptyView, isFinal, turnsOf } from "./fold.ts";
import type { HostLink } from "./hosts.ts";
import type { PlayDoc } from "./models/play.ts";
import type { PlaceDoc, Store } from "./models/store.ts";
import type { Placement } from "./placement.ts";
import { tallyKey } from "./progress.ts";
import type { Places } from "./places.ts";
import type { PlayLimits } from "./play-limits.ts";
import type { PlayViews } from "./play-views.ts";
import { isScored } from "./scoring.ts";
import type { Viewer } from "./viewer.ts";

/** What the one who starts a play may choose. */
export interface StartChoices {
  /** Empty = as the content or the host says. */
  backend?: string;
  /** To the questions of a playground, by key; missing = its defaults. */
  answers?: Record<string, string>;
  /** Machines can be copied while they run; missing = as the content says. */
  checkpoints?: boolean;
}

/** The plays' life: start, end, restart, extend. What pauses and copies them is in keeping.ts. */
export class Plays {
  #store: Store;
  #content: Content;
  #hosts: Map<string, HostLink>;
  #placement: Placement;
  #places: Places;
  #limits: PlayLimits;
  #views!: PlayViews;
  #drafts!: Drafts;
  #may: (viewer: Viewer | null, dimension: Dimension, name: string) => boolean = () => true;
  #mayGround: (viewer: Viewer, playground: Playground) => boolean = () => true;

  constructor(parts: {
    store: Store;
    content: Content;
    hosts: Map<string, HostLink>;
    placement: Placement;
    places: Places;
    limits: PlayLimits;
  }) {
    this.#store = parts.store;
    this.#content = parts.content;
    this.#hosts = parts.hosts;
    this.#placement = parts.placement;
    this.#places = parts.places;
    this.#limits = parts.limits;
  }

  /** The views call back when a play is over; so they come after. */
  use(views: PlayViews, drafts: Drafts): void {
    this.#views = views;
    this.#drafts = drafts;
  }

  /** Who may start what, and on which playgrounds (spec 9). */
  guard(
    may: (viewer: Viewer | null, dimension: Dimension, name: string) => boolean,
    mayGround: (viewer: Viewer, playground: Playground) => boolean,
  ): void {
    this.#may = may;
    this.#mayGround = mayGround;
  }

  /** A play of its owner; anybody else's does not exist for them. */
  async owned(id: string, viewer: Viewer): Promise<PlayDoc> {
    const play = await this.#store.plays.findById(String(id)).lean<PlayDoc>();
    if (!play || play.owner !== viewer.id)
      throw failure("NOT_FOUND", "There is no such play.", "Open it from your list of plays.");
    return play;
  }

  async find(id: string): Promise<PlayDoc | null> {
    return this.#store.plays.findById(id).lean<PlayDoc>();
  }

  /** The owner's active play of a challenge. */
  async active(user: string, challenge: string): Promise<PlayDoc | null> {
    const place = await this.#places.of(`active:${user}:${challenge}`);
    return place && this.find(place.play);
  }

  /** Starts a play, or answers the active one of the same challenge. */
  async start(viewer: Viewer, name: string, choices: StartChoices = {}): Promise<PlayDoc> {
    const offered = name.startsWith(PREFIX)
      ? await this.#drafts.current(viewer.id, name)
      : this.#content.current(name);
    // Who may not read it is not told that there is one.
    if (!offered || !this.#may(viewer, "canRead", name))
      throw failure("NOT_FOUND", `There is no challenge ${name}.`, "Choose one of the catalogue.");
    const { playground } = offered;
    if (!this.#mayGround(viewer, playground))
      throw failure(
        "FORBIDDEN",
        `The playground ${playground.name} is not open to you.`,
        "Ask its owner, or choose another challenge.",
      );
    if (!this.#may(viewer, "canStart", name))
      throw failure("FORBIDDEN", "You may not start this.", "Ask its author for access.");
    const answers = choices.answers ?? {};
    const wrong = wrongAnswer(playground.initConditions ?? [], answers);
    if (wrong) throw failure("BAD_INPUT", wrong, "Answer what is asked before the start.");
    const challenge = answered(offered, answers);
    const id = newPlayId();
    const active = `active:${viewer.id}:${name}`;
    for (let attempt = 0; !(await this.#places.take(active, id)); attempt++) {
      const running = await this.active(viewer.id, name);
      if (running && !isFinal(running.view.state) && running.view.state !== "DESTROYING")
        return running;
      const place: PlaceDoc | null = await this.#places.of(active);
      // Its play is over, or was never written because a process died.
      if (place && (running || place.at < Date.now() - 10_000))
        await this.#places.leave(active, place.play);
      // Another request is starting it at this moment.
      else await new Promise((done) => setTimeout(done, 100));
      if (attempt > 50)
        throw failure("UNAVAILABLE", "The play is just being started.", "Try again in a moment.");
    }
    try {
      await Promise.all([
        this.takeSeat(viewer.id, viewer.role === "bot", id),
        this.#content.keep(challenge),
      ]);
      const play = await this.#create(id, viewer, challenge, choices);
      await this.#placement.place(play, challenge);
      return (await this.find(id)) ?? play;
    } catch (error) {
      const play = await this.find(id).catch(() => null);
      if (!play || !play.placed) {
        if (play)
          await this.#views.append({
            log: id,
            eventId: `${id}/api/not-placed`,
            at: Date.now(),
            type: "state",
            data: { state: "FAILED", reason: "No host could take it." },
          });
        await this.#places.leaveAll(id);
      }
      throw error;
    }
  }

  async #create(
    id: string,
    viewer: Viewer,
    challenge: Challenge,
    {
      answers,
      backend = "",
      checkpoints = challenge.playground.checkpoints ?? false,
    }: StartChoices,
  ): Promise<PlayDoc> {
    const now = Date.now();
    const draft = challenge.name.startsWith(PREFIX);
    const play: PlayDoc = {
      _id: id,
      owner: viewer.id,
      handle: viewer.handle,
      ranked:
        viewer.role === "learner" &&
        !draft &&
        isScored(challenge.name) &&
        // What only some may play moves no rank.
        this.#may(null, "canRead", challenge.name),
      authorView: viewer.role !== "learner",
      keepAttended: viewer.role === "bot",
      ...(draft && { draft }),
      backend,
      armed: checkpoints,
      ...(answers && { answers }),
      createdAt: now,
      challenge: challenge.name,
      version: challenge.version,
      difficulty: challenge.difficulty,
      host: "",
      placed: false,
      taskKeys: challenge.tasks.map(({ name, kind, machine }) => ({ name, kind, machine })),
      open: true,
      // A draft is never solved.
      solveRecorded: draft,
      foldedTo: 0,
      view: emptyView(now, now + this.#limits.lifetimeMs),
    };
    const insert = this.#store.plays.collection.insertOne(play as never);
    if (draft) {
      await insert;
      return play;
    }
    const tally = this.#store.tallies.updateOne(
      { _id: viewer.id },
      {
        $set: {
          handle: viewer.handle,
          ranked: viewer.role === "learner",
          [`attempted.${tallyKey(challenge.name)}`]: true,
        },
      },
      { upsert: true },
    );
    await Promise.all([insert, tally]);
    return play;
  }

  /** Ends a play: what its machines held is gone. Twice is the same as once. */
  async end(play: PlayDoc, reason: string): Promise<void> {
    if (!isFinal(play.view.state)) {
      await this.#views.append({
        log: play._id,
        eventId: `${play._id}/api/ending`,
        at: Date.now(),
        type: "ending",
        data: { reason },
      });
    }
    await this.#release(play);
    await this.finish(play);
  }

  /** Has the machines destroyed and closes the play. The sweep calls it again after a failure. */
  async finish(play: PlayDoc): Promise<void> {
    const link = this.#hosts.get(play.host);
    if (link) await link.destroyPlay(play._id);
    await this.#views.append({
      log: play._id,
      eventId: `${play._id}/api/destroyed`,
      at: Date.now(),
      type: "state",
      data: { state: "DESTROYED", reason: "" },
    });
    await this.#release(play);
    await this.#store.plays.updateOne({ _id: play._id }, { $set: { open: false } });
  }

  async extend(play: PlayDoc): Promise<void> {
    if (isFinal(play.view.state) || play.view.state === "DESTROYING")
      throw failure("BAD_INPUT", "The play is over.", "Start a new one.");
    if (play.view.state === "STOPPED" || play.view.state === "STOPPING")
      throw failure("BAD_INPUT", "The play is paused.", "Its time runs when it goes on.");
    const nth = play.view.extensions + 1;
    if (nth > this.#limits.maxExtensions)
      throw failure(
        "LIMIT",
        `A play can be extended ${this.#limits.maxExtensions} times.`,
        "Solve it, or restart it later.",
      );
    await this.#views.append({
      log: play._id,
      // Of each run of its own: going on after a pause gives the whole time again.
      eventId: `${play._id}/api/extended/${turnsOf(play.view)}/${nth}`,
      at: Date.now(),
      type: "extended",
      data: { expiresAt: play.view.expiresAt + this.#limits.extensionMs },
    });
  }

  /** The host of a play that is on. */
  hostOf(play: PlayDoc): HostLink {
    const link = this.#hosts.get(play.host);
    if (!link || isFinal(play.view.state) || play.view.state === "DESTROYING")
      throw failure("BAD_INPUT", "The play is over.", "Start a new one.");
    if (play.view.state === "STOPPED" || play.view.state === "STOPPING")
      throw failure("BAD_INPUT", "The play is paused.", "Let it go on first.");
    return link;
  }

  async #release(play: PlayDoc): Promise<void> {
    await this.#places.leaveAll(play._id);
  }

  /** A place among a user's running plays. @throws LIMIT when all are taken. */
  async takeSeat(user: string, bot: boolean, play: string): Promise<void> {
    const max = this.#limits.seats[bot ? "bot" : "learner"];
    if (await this.#places.takeOf("seat", user, max, play)) return;
    throw failure(
      "LIMIT",
      `You have ${max} active plays, and no more are allowed at a time.`,
      "Pause or end one of them first.",
    );
  }
}

/** A new play's id: 24 hex digits, for existing clients take all else for a title. */
export function newPlayId(): string {
  return randomBytes(12).toString("hex");
}
