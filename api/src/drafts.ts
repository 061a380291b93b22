import { createHash } from "node:crypto";
import { filesFrom } from "@agon/content/files";
import { readItem } from "@agon/content/item";
import { scriptProblems } from "@agon/content/lint";
import type { Kind } from "@agon/content/kinds";
import type { Challenge, ContentItem, Problem } from "@agon/content/model";
import type { Logger } from "@agon/daemon/log";
import type { Content } from "./content.ts";
import { DRAFT, DraftFiles, sentContents, type PushedFile } from "./draft-files.ts";
import { DraftPlays, isOn, type DraftChange } from "./draft-plays.ts";
import { entryOfItem, partAt, playableOf } from "./entry.ts";
import { failure } from "./failure.ts";
import type { DraftProblem, PlayDoc } from "./models/play.ts";
import type { DraftDoc, Store } from "./models/store.ts";
import type { Viewer } from "./viewer.ts";

/** Before a draft's name, in plays and logs: no published content is called like it. */
export const PREFIX = "draft:";

/** Milliseconds that bash may take to read all scripts. */
const BASH = 5_000;

/** What a push did, as `./agon dev` shows it. */
export interface Pushed extends Omit<DraftChange, "play"> {
  /** Empty when nothing of it ever loaded. */
  version: string;
  loaded: boolean;
  problems: DraftProblem[];
  play: string | null;
}

/** The drafts of authors: pushed folders that only they see, whose running plays change as they are. */
export class Drafts {
  readonly #store: Store;
  readonly #content: Content;
  readonly #log: Logger;
  readonly files: DraftFiles;
  readonly plays: DraftPlays;

  constructor(parts: ConstructorParameters<typeof DraftPlays>[0]) {
    this.#store = parts.store;
    this.#content = parts.content;
    this.#log = parts.log;
    this.files = new DraftFiles(parts.store);
    this.plays = new DraftPlays(parts);
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
   * @param part path of the lesson or unit that is played; empty = the folder's item.
   * @returns hashes of files that have to be sent, or what became of it.
   */
  async push(
    viewer: Viewer,
    name: string,
    files: PushedFile[],
    part = "",
  ): Promise<{ missing: string[] } | Pushed> {
    const bytes = sentContents(name, files);
    const missing = await this.files.take(bytes, files);
    if (missing.length) return { missing };
    const id = `${viewer.id}/${name}`;
    const before = await this.#store.drafts.findById(id).lean<DraftDoc>();
    if (!before && (await this.#store.drafts.countDocuments({ user: viewer.id })) >= DRAFT.drafts)
      throw failure("LIMIT", `You have ${DRAFT.drafts} drafts.`, "Remove one in the studio.");
    const { challenge, problems, scripts } = this.#load(viewer, name, files, bytes, part);
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
    const play = await this.plays.active(viewer.id, PREFIX + name);
    const told = before?.problems ?? [];
    if (play)
      Object.assign(done, await this.plays.apply(play, version, done.loaded, problems, told));
    // bash takes a while to read all scripts: what it says comes after what is on the page by then.
    const faults = await scripts;
    if (faults.length === 0) return done;
    const all = [...faults, ...problems].slice(0, DRAFT.problems);
    await this.#store.drafts.updateOne({ _id: id }, { $set: { problems: all } });
    const now = play && (await this.#store.plays.findById(play._id).lean<PlayDoc>());
    if (now && isOn(now)) await this.plays.apply(now, version, done.loaded, all, told);
    return { ...done, problems: all };
  }

  /** A file of an author's draft. */
  async file(user: string, name: string, path: string): Promise<Buffer | null> {
    const draft = await this.#store.drafts.findById(`${user}/${name}`).lean<DraftDoc>();
    // A lesson's files lie beside its text.
    const file =
      draft?.files.find((one) => one.path === path) ??
      draft?.files.find((one) => one.path.endsWith(`/${path}`));
    return file ? this.files.of(file.sha256) : null;
  }

  #load(
    viewer: Viewer,
    name: string,
    files: PushedFile[],
    bytes: Map<string, Buffer>,
    part: string,
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
    const played = item && playedOf(item, part);
    if (item && !played) problems.unshift(nothingToStart(item, part));
    if (!played) return { challenge: undefined, problems, scripts };
    const version = createHash("sha256").update(`draft ${played.version}`).digest("hex");
    // Nothing of its scripts for bots is kept: a draft is played by its author.
    return {
      challenge: { ...played, name: PREFIX + name, version, scripts: {} },
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
      if (file) return this.files.of(file.sha256);
    }
    return null;
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

/** What a play of an item, or of a part of it, is made of; its kind travels with it. */
function playedOf(item: ContentItem, part: string): (Challenge & { kind: Kind }) | undefined {
  if (!part) return item.playground ? { ...item, playground: item.playground } : undefined;
  const played = playableOf(entryOfItem(item), part);
  return played && { ...played, kind: item.kind };
}

/** Why a folder that loads gives no play. */
function nothingToStart(item: ContentItem, path: string): DraftProblem {
  const part = path ? partAt(entryOfItem(item), path) : undefined;
  return {
    file: part?.file ?? "index.md",
    line: 1,
    column: 1,
    severity: "error",
    code: "",
    message:
      path && !part
        ? `there is no ${path} in this ${item.kind} any more`
        : item.unavailable ||
          `this ${part?.kind ?? item.kind} has no playground: there is nothing to start`,
    fix:
      path && !part
        ? "start ./agon dev again with its new place"
        : "add playground:, or start ./agon dev again to follow its text alone",
  };
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
