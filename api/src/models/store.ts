import mongoose from "mongoose";
import type { Connection, Model } from "mongoose";
import type { ClientSessionDoc } from "./client-session.ts";
import type { AuthoredBlobDoc, AuthoredDoc, AuthoredVersionDoc } from "./authored.ts";
import type { DraftProblem, PlayDoc } from "./play.ts";
import type { EnrolmentDoc, TrainingTermsDoc } from "./training.ts";

/** One event of a log. A log is a play's id, or `open:<challenge>:<user>` for what outlives a play. */
export interface EventDoc {
  /** `<log>:<seq>`, dense from 1: inserting it gives the position. */
  _id: string;
  eventId: string;
  log: string;
  seq: number;
  /** "play" or "open". */
  scope: string;
  at: number;
  type: string;
  data: Record<string, unknown>;
  /** For traces, unix ms with fractions: `at` unrounded, and when this event was sent to the store. */
  observedAt?: number;
  loggedAt?: number;
}

export interface SolveDoc {
  /** `open:<challenge>:<user>`: the duplicate insert is the lock. */
  _id: string;
  challenge: string;
  user: string;
  handle: string;
  play: string;
  ranked: boolean;
  at: number;
  seconds: number;
  points: number;
  hintCost: number;
  firstSolve: boolean;
  rules: string;
}

/** All solves and attempts of one user in one document, read by `_id`. */
export interface TallyDoc {
  _id: string;
  handle: string;
  ranked: boolean;
  solves: Record<string, TallySolve>;
  attempted: Record<string, boolean>;
  /** Instants of marks by key; missing in tallies written before there were marks. */
  marks?: Record<string, number>;
}
/** Somebody marked a tutorial, or a part of a course, complete. */
export interface MarkDoc {
  /** `<user>:<kind>/<name>[/<part>]` */
  _id: string;
  user: string;
  key: string;
  at: number;
}
export interface TallySolve {
  points: number;
  at: number;
  seconds: number;
  firstSolve: boolean;
}

/** The earliest ranked solver of a challenge. */
export interface FirstDoc {
  _id: string;
  user: string;
  play: string;
  at: number;
  /** Who held the place just before; its solve is corrected, again after a crash. */
  displaced?: string;
}

/** A place that only one play can hold: `active:<user>:<challenge>`, `seat:<user>:<n>` of a running or `kept:<user>:<n>` of a paused one. */
export interface PlaceDoc {
  _id: string;
  play: string;
  at: number;
}

export interface ContentDoc {
  _id: string;
  name: string;
  json: string;
}

/** An author's own folder as it was pushed last; only they see it. */
export interface DraftDoc {
  /** `<user>/<name>`. */
  _id: string;
  user: string;
  handle: string;
  name: string;
  title: string;
  /** The newest version that loaded; empty = none did. */
  version: string;
  problems: DraftProblem[];
  files: { path: string; sha256: string }[];
  at: number;
}

/** Bytes of drafts' files, by their sha256. */
export interface DraftBlobDoc {
  _id: string;
  data: unknown;
  at: number;
}

export interface HostDoc {
  _id: string;
  lease: { api: string; epoch: number; until: number };
  cursor: { epoch: string; n: number };
  seenAt: number;
  /** host:port of its gRPC; empty until it announced itself. */
  grpc: string;
  /** ws(s):// origin of its terminals; empty = behind the arena's own address. */
  terminal: string;
  announcedAt: number;
  /** Fingerprint of the key that it joined with; empty for a host given by configuration. */
  key: string;
}

/** A one-time token with which a host joins, by its sha256. */
export interface HostTokenDoc {
  _id: string;
  host: string;
  until: number;
  /** Fingerprint of the key that used it. */
  key: string;
}

export interface BotRunDoc {
  _id: string;
  batch: string;
  challenge: string;
  variant: string;
  solution: string | null;
  backend: string;
  verdict: string;
  seconds: number;
  reason: string;
  nightly: boolean;
  at: number;
}

/** A user's credentials for a container registry. */
export interface RegistryCredentialDoc {
  /** `<user>:<registry>`. */
  _id: string;
  user: string;
  registry: string;
  username: string;
  /** Encrypted (registry-credentials.ts). */
  secret: string;
  at: number;
}

export interface ApiKeyDoc {
  /** sha256 of the key: the key itself is not stored. */
  _id: string;
  user: string;
  name: string;
  at: number;
}

/** A single-use sign-in link, by the sha256 of its token. */
export interface LinkDoc {
  _id: string;
  user: string;
  until: number;
}

/** Who holds a handle, so that two sign-ups cannot share one. */
export interface HandleDoc {
  _id: string;
  email: string;
}

/** Every collection that api owns, on one connection. */
export interface Store {
  connection: Connection;
  plays: Model<PlayDoc>;
  events: Model<EventDoc>;
  solves: Model<SolveDoc>;
  tallies: Model<TallyDoc>;
  marks: Model<MarkDoc>;
  firsts: Model<FirstDoc>;
  places: Model<PlaceDoc>;
  contents: Model<ContentDoc>;
  drafts: Model<DraftDoc>;
  draftBlobs: Model<DraftBlobDoc>;
  authored: Model<AuthoredDoc>;
  authoredVersions: Model<AuthoredVersionDoc>;
  authoredBlobs: Model<AuthoredBlobDoc>;
  enrolments: Model<EnrolmentDoc>;
  trainingTerms: Model<TrainingTermsDoc>;
  hosts: Model<HostDoc>;
  hostTokens: Model<HostTokenDoc>;
  botRuns: Model<BotRunDoc>;
  registryCredentials: Model<RegistryCredentialDoc>;
  apiKeys: Model<ApiKeyDoc>;
  clientSessions: Model<ClientSessionDoc>;
  links: Model<LinkDoc>;
  handles: Model<HandleDoc>;
  close(): Promise<void>;
}

const { Mixed } = mongoose.Schema.Types;
const text = { type: String, required: true, default: "" };
const number = { type: Number, default: 0 };
const flag = { type: Boolean, default: false };
const mixed = { type: Mixed, default: () => ({}) };

/** Connects to MongoDB (or the embedded document store) and makes the unique indexes. */
export async function openStore(url: string): Promise<Store> {
  const connection = await mongoose
    .createConnection(url, {
      autoIndex: false,
      autoCreate: false,
      serverSelectionTimeoutMS: 10_000,
      maxPoolSize: 30,
    })
    .asPromise();
  const model = <T>(name: string, fields: Record<string, unknown>): Model<T> =>
    connection.model(
      name,
      new mongoose.Schema({ _id: String, ...fields } as never, {
        versionKey: false,
        minimize: false,
        collection: name,
      }),
    ) as unknown as Model<T>;
  const store: Store = {
    connection,
    plays: model<PlayDoc>("plays", {
      owner: text,
      handle: text,
      ranked: flag,
      authorView: flag,
      keepAttended: flag,
      draft: flag,
      backend: { type: String, default: "" },
      hostBackend: { type: String, default: "" },
      armed: flag,
      fork: { type: Mixed },
      replaces: { type: String },
      title: { type: String, default: "" },
      answers: { type: Mixed },
      createdAt: number,
      challenge: text,
      version: text,
      difficulty: text,
      host: { type: String, default: "" },
      placed: flag,
      taskKeys: { type: Mixed, default: () => [] },
      open: flag,
      solveRecorded: flag,
      foldedTo: number,
      view: mixed,
    }),
    events: model<EventDoc>("events", {
      eventId: text,
      log: text,
      seq: number,
      scope: text,
      at: number,
      type: { type: String },
      data: mixed,
    }),
    solves: model<SolveDoc>("solves", {
      challenge: text,
      user: text,
      handle: text,
      play: text,
      ranked: flag,
      at: number,
      seconds: number,
      points: number,
      hintCost: number,
      firstSolve: flag,
      rules: text,
    }),
    tallies: model<TallyDoc>("tallies", {
      handle: text,
      ranked: flag,
      solves: { type: Mixed },
      attempted: { type: Mixed },
      marks: { type: Mixed },
    }),
    marks: model<MarkDoc>("marks", { user: text, key: text, at: number }),
    firsts: model<FirstDoc>("firsts", { user: text, play: text, at: number, displaced: String }),
    places: model<PlaceDoc>("places", { play: text, at: number }),
    contents: model<ContentDoc>("contents", { name: text, json: text }),
    drafts: model<DraftDoc>("drafts", {
      user: text,
      handle: text,
      name: text,
      title: text,
      version: { type: String, default: "" },
      problems: { type: Mixed, default: () => [] },
      files: { type: Mixed, default: () => [] },
      at: number,
    }),
    draftBlobs: model<DraftBlobDoc>("draftBlobs", { data: Buffer, at: number }),
    authored: model<AuthoredDoc>("authored", {
      kind: text,
      name: text,
      owner: text,
      handle: text,
      createdAt: number,
      at: number,
      revision: number,
      files: { type: Mixed, default: () => [] },
      access: mixed,
      approved: flag,
    }),
    authoredVersions: model<AuthoredVersionDoc>("authoredVersions", {
      item: text,
      revision: number,
      version: text,
      at: number,
      by: text,
      files: { type: Mixed, default: () => [] },
      problems: { type: Mixed, default: () => [] },
    }),
    authoredBlobs: model<AuthoredBlobDoc>("authoredBlobs", { data: Buffer, at: number }),
    enrolments: model<EnrolmentDoc>("enrolments", {
      training: text,
      user: text,
      handle: text,
      name: { type: String, default: "" },
      state: text,
      at: number,
      decidedBy: { type: String, default: "" },
      decidedAt: number,
    }),
    trainingTerms: model<TrainingTermsDoc>("trainingTerms", {
      startsAt: number,
      endsAt: number,
      approval: { type: Boolean, default: true },
      instructors: { type: [String], default: () => [] },
      at: number,
    }),
    hosts: model<HostDoc>("hosts", {
      lease: mixed,
      cursor: mixed,
      seenAt: number,
      grpc: { type: String, default: "" },
      terminal: { type: String, default: "" },
      announcedAt: number,
      key: { type: String, default: "" },
    }),
    hostTokens: model<HostTokenDoc>("hostTokens", {
      host: text,
      until: number,
      key: { type: String, default: "" },
    }),
    botRuns: model<BotRunDoc>("botRuns", {
      batch: text,
      challenge: text,
      variant: text,
      solution: { type: String, default: null },
      backend: text,
      verdict: text,
      seconds: number,
      reason: { type: String, default: "" },
      nightly: flag,
      at: number,
    }),
    registryCredentials: model<RegistryCredentialDoc>("registryCredentials", {
      user: text,
      registry: text,
      username: text,
      secret: text,
      at: number,
    }),
    apiKeys: model<ApiKeyDoc>("apiKeys", { user: text, name: text, at: number }),
    clientSessions: model<ClientSessionDoc>("clientSessions", {
      token: text,
      code: text,
      client: text,
      address: text,
      at: number,
      user: { type: String, default: "" },
      usedAt: number,
    }),
    links: model<LinkDoc>("signInLinks", { user: text, until: number }),
    handles: model<HandleDoc>("handles", { email: text }),
    close: () => connection.close(),
  };
  // Two api processes may create them at the same moment: the second finds them made.
  await unique(connection, "events", "eventId");
  await unique(connection, "user", "email");
  await unique(connection, "user", "handle");
  await unique(connection, "session", "token");
  return store;
}

async function unique(connection: Connection, collection: string, field: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await connection.collection(collection).createIndex({ [field]: 1 }, { unique: true });
      return;
    } catch (error) {
      if (attempt === 3) throw error;
      await new Promise((done) => setTimeout(done, 300));
    }
  }
}

/** Whether an insert failed because the fact exists already. */
export function isDuplicate(error: unknown): boolean {
  return (error as { code?: number } | null)?.code === 11000;
}
