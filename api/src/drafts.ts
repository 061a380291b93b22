import { createHash, randomUUID } from "node:crypto";
import { filesFrom } from "@agon/content/files";
import { answered } from "@agon/content/init-conditions";
import { readItem } from "@agon/content/item";
import { scriptProblems } from "@agon/content/lint";
import type { Challenge, Problem } from "@agon/content/model";
import type { Logger } from "@agon/daemon/log";
import type { UpdateTasksReply } from "@agon/protocol/host";
import type { Content } from "./content.ts";
import { freshReasons } from "./draft-fresh.ts";
import { failure } from "./failure.ts";
import { isFinal } from "./fold.ts";
import type { HostLink } from "./hosts.ts";
import { versionOf, type DraftProblem, type PlayDoc } from "./models/play.ts";
import type { DraftBlobDoc, DraftDoc, Store } from "./models/store.ts";
import { playSpec } from "./play-spec.ts";
import type { PlayViews } from "./play-views.ts";
import type { Viewer } from "./viewer.ts";

/** Bounds of one draft, and of one author's drafts. */
export const DRAFT = { files: 300, bytes: 24_000_000, drafts: 30, problems: 60 } as const;
/** Before a draft's name, in plays and logs: no published content is called like it. */
export const PREFIX = "draft:";

/** Milliseconds that bash may take to read all scripts. */
const BASH = 5_000;
const NAME = /^[a-z0-9][a-z0-9-]{0,63}$/;
const PATH = /^[^/\0]+(\/[^/\0]+){0,8}$/;
const SHA = /^[0-9a-f]{64}$/;

/** A file of a pushed folder; without content it must be known by its hash already. */
export interface PushedFile {
  path: string;
  sha256: string;
  /** Base64. */
  content?: string;
}

/** What a push did, as `./agon dev` shows it. */
export interface Pushed {
  /** Empty when nothing of it ever loaded. */
  version: string;
  loaded: boolean;
  problems: DraftProblem[];
  play: string | null;
  fresh: string[];
  added: string[];
  restarted: string[];
  removed: string[];
  /** Why the machines do not have it yet; the next push tries again. */
  late: string;
}

/** The drafts of authors: pushed folders that only they see, whose running plays change as they are. */
export class Drafts {
  readonly #store: Store;
  readonly #content: Content;
  readonly #hosts: Map<string, HostLink>;
  readonly #views: PlayViews;
  readonly #log: Logger;
  #cleanedAt = 0;

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

  /** The newest version of a draft that loaded. */
  async current(user: string, name: string): Promise<Challenge | null> {
    const draft = await this.#store.drafts
      .findById(`${user}/${name.slice(PREFIX.length)}`)
      .lean<DraftDoc>();
    return draft?.version ? this.#content.version(draft.version, name) : null;
  }

  /**
   * Takes a folder as it is now, and changes the author's running play of it.
   * @returns hashes of files that have to be sent, or what became of it.
   */
  async push(
    viewer: Viewer,
    name: string,
    files: PushedFile[],
  ): Promise<{ missing: string[] } | Pushed> {
    const bytes = this.#checked(name, files);
    const missing = await this.#takeBlobs(bytes, files);
    if (missing.length) return { missing };
    const id = `${viewer.id}/${name}`;
    const before = await this.#store.drafts.findById(id).lean<DraftDoc>();
    if (!before && (await this.#store.drafts.countDocuments({ user: viewer.id })) >= DRAFT.drafts)
      throw failure("LIMIT", `You have ${DRAFT.drafts} drafts.`, "Remove one in the studio.");
    const { challenge, problems, scripts } = this.#load(viewer, name, files, bytes);
    if (challenge) await this.#content.keep(challenge);
    const version = challenge?.version ?? before?.version ?? "";
    const at = Date.now();
    await this.#store.drafts.updateOne(
      { _id: id },
      {
        $set: {
          user: viewer.id,
          handle: viewer.handle,
          name,
          title: challenge?.title ?? before?.title ?? name,
          version,
          problems,
          files: files.map(({ path, sha256 }) => ({ path, sha256 })),
          at,
        },
      },
      { upsert: true },
    );
    const done: Pushed = {
      version,
      loaded: challenge !== undefined,
      problems,
      play: null,
      fresh: [],
      added: [],
      restarted: [],
      removed: [],
      late: "",
    };
    const play = await this.#activePlay(viewer.id, PREFIX + name);
    const told = before?.problems ?? [];
    if (play) Object.assign(done, await this.#apply(play, version, problems, told));
    // bash takes a while to read all scripts: what it says comes after what is on the page by then.
    const faults = await scripts;
    if (faults.length === 0) return done;
    const all = [...faults, ...problems].slice(0, DRAFT.problems);
    await this.#store.drafts.updateOne({ _id: id }, { $set: { problems: all } });
    const now = play && (await this.#store.plays.findById(play._id).lean<PlayDoc>());
    if (now && this.#isOn(now)) await this.#apply(now, version, all, told);
    return { ...done, problems: all };
  }

  #checked(name: string, files: PushedFile[]): Map<string, Buffer> {
    const wrong = (what: string) => failure("BAD_INPUT", what, "Send the folder as it is on disk.");
    if (!NAME.test(name))
      throw failure(
        "BAD_INPUT",
        `${name.slice(0, 80)} cannot be the name of content.`,
        "Name the folder with lower-case letters, digits and dashes.",
      );
    if (!Array.isArray(files)) throw wrong("There is no list of files.");
    if (files.length > DRAFT.files)
      throw failure("LIMIT", `A draft has at most ${DRAFT.files} files.`, "Leave some out.");
    const bytes = new Map<string, Buffer>();
    let total = 0;
    const paths = new Set<string>();
    for (const { path, sha256, content } of files) {
      if (typeof path !== "string" || !PATH.test(path) || path.split("/").includes(".."))
        throw wrong(`${String(path).slice(0, 100)} is no path in a folder.`);
      if (paths.has(path)) throw wrong(`${path.slice(0, 100)} is there twice.`);
      paths.add(path);
      if (!SHA.test(sha256)) throw wrong("A file has no hash.");
      if (content === undefined) continue;
      const data = Buffer.from(content, "base64");
      total += data.length;
      if (createHash("sha256").update(data).digest("hex") !== sha256)
        throw wrong(`${path.slice(0, 100)} is not what its hash says.`);
      bytes.set(sha256, data);
    }
    if (total > DRAFT.bytes)
      throw failure("LIMIT", `A draft has at most ${DRAFT.bytes} bytes.`, "Leave large files out.");
    return bytes;
  }

  /** Stores what was sent, reads what was not. @returns hashes that nobody has. */
  async #takeBlobs(bytes: Map<string, Buffer>, files: PushedFile[]): Promise<string[]> {
    const at = Date.now();
    for (const [sha, data] of bytes)
      await this.#store.draftBlobs.updateOne(
        { _id: sha },
        { $set: { data, at } },
        { upsert: true },
      );
    const others = [...new Set(files.map(({ sha256 }) => sha256))].filter((sha) => !bytes.has(sha));
    const missing: string[] = [];
    for (const sha of others) {
      const data = await this.blob(sha);
      if (data) bytes.set(sha, data);
      else missing.push(sha);
    }
    if (others.length)
      await this.#store.draftBlobs.updateMany({ _id: { $in: others } }, { $set: { at } });
    return missing;
  }

  async blob(sha: string): Promise<Buffer | null> {
    const found = await this.#store.draftBlobs.findById(sha).lean<DraftBlobDoc>();
    if (!found) return null;
    const data = found.data as Buffer | { buffer: Uint8Array };
    return Buffer.isBuffer(data) ? data : Buffer.from(data.buffer);
  }

  /** A file of an author's draft. */
  async file(user: string, name: string, path: string): Promise<Buffer | null> {
    const draft = await this.#store.drafts.findById(`${user}/${name}`).lean<DraftDoc>();
    const file = draft?.files.find((one) => one.path === path);
    return file ? this.blob(file.sha256) : null;
  }

  #load(
    viewer: Viewer,
    name: string,
    files: PushedFile[],
    bytes: Map<string, Buffer>,
  ): {
    challenge: Challenge | undefined;
    problems: DraftProblem[];
    scripts: Promise<DraftProblem[]>;
  } {
    const folder = filesFrom(
      "",
      new Map(files.map(({ path, sha256 }) => [path, bytes.get(sha256)!])),
    );
    const found: Problem[] = [];
    const grounds = this.#content.playgroundsFor(viewer);
    const item = readItem(folder, name, undefined, grounds, found);
    const problems = found
      .toSorted((a, b) => Number(b.severity === "error") - Number(a.severity === "error"))
      .slice(0, DRAFT.problems)
      .map(shown);
    const scripts = scriptProblems(folder, AbortSignal.timeout(BASH)).then(
      (faults) => faults.map(shown),
      (error: unknown) => {
        this.#log.warn({ error: String(error) }, "scripts of a draft were not read by bash");
        return [];
      },
    );
    if (item && !item.playground)
      problems.unshift({
        file: "index.md",
        line: 1,
        column: 1,
        severity: "error",
        code: "",
        message:
          item.unavailable || `this ${item.kind} has no playground: there is nothing to start`,
        fix: "add playground:, or read it with ./agon content preview",
      });
    if (!item?.playground) return { challenge: undefined, problems, scripts };
    const version = createHash("sha256").update(`draft ${item.version}`).digest("hex");
    // Nothing of its scripts for bots is kept: a draft is played by its author.
    const { playground } = item;
    return {
      challenge: { ...item, playground, name: PREFIX + name, version, scripts: {} },
      problems,
      scripts,
    };
  }

  /** A public file of any draft of an author, by the first 16 digits of its hash. */
  async pinned(user: string, hash: string): Promise<Buffer | null> {
    for (const { files } of await this.of(user)) {
      const file = files.find(
        ({ path, sha256 }) => sha256.startsWith(hash) && `/${path}`.includes("/__static__/"),
      );
      if (file) return this.blob(file.sha256);
    }
    return null;
  }

  async #activePlay(user: string, name: string): Promise<PlayDoc | null> {
    const place = await this.#store.places
      .findById(`active:${user}:${name}`)
      .lean<{ play: string }>();
    const play = place && (await this.#store.plays.findById(place.play).lean<PlayDoc>());
    return play && this.#isOn(play) ? play : null;
  }

  #isOn({ view }: PlayDoc): boolean {
    return !isFinal(view.state) && view.state !== "DESTROYING";
  }

  /**
   * Shows a version on a running play's page, and gives its machines the tasks of it.
   * @param told the problems on the page of a play that nothing was pushed to yet.
   */
  async #apply(
    play: PlayDoc,
    version: string,
    problems: DraftProblem[],
    told: DraftProblem[],
  ): Promise<Partial<Pushed> & { play: string }> {
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
        data: { version, problems, fresh, n },
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

  /** Forgets files that no draft has any more, an hour after their last use. */
  async clean(now = Date.now()): Promise<void> {
    if (now - this.#cleanedAt < 3600_000) return;
    this.#cleanedAt = now;
    const drafts = await this.#store.drafts.find().lean<DraftDoc[]>();
    const used = drafts.flatMap(({ files }) => files.map(({ sha256 }) => sha256));
    await this.#store.draftBlobs.deleteMany({
      _id: { $nin: [...new Set(used)] },
      at: { $lt: now - 3600_000 },
    });
  }

  /** What was wrong with a draft when a play of it started, as its page shows it before the next push. */
  async problemsAtStart({ owner, challenge }: PlayDoc): Promise<DraftProblem[]> {
    const id = `${owner}/${challenge.slice(PREFIX.length)}`;
    return (await this.#store.drafts.findById(id).lean<DraftDoc>())?.problems ?? [];
  }

  /** The viewer's drafts, newest first. */
  async of(user: string): Promise<DraftDoc[]> {
    const drafts = await this.#store.drafts.find({ user }).lean<DraftDoc[]>();
    return drafts.sort((a, b) => b.at - a.at);
  }

  /** Removes a draft; a running play of it goes on until it is ended. */
  async remove(user: string, name: string): Promise<void> {
    await this.#store.drafts.deleteOne({ _id: `${user}/${name}` });
  }
}

/** A problem as pages and terminals show it: paths as in the folder. */
function shown(problem: Problem): DraftProblem {
  const { file, line, column, severity, code, message, fix, excerpt } = problem;
  return {
    file: file.replace(/^\/+/, ""),
    line,
    column,
    severity,
    code,
    message,
    fix,
    ...(excerpt && { excerpt }),
  };
}
