import { randomBytes } from "node:crypto";
import mongoose from "mongoose";
import type { Auth } from "./auth.ts";
import { sha256 } from "./auth.ts";
import type { ClientSessions } from "./client-sessions.ts";
import type { Live } from "./live.ts";
import { credentialsOf } from "./rest/sessions.ts";
import type { ApiKeyDoc, Store } from "./models/store.ts";
import type { Role, Standing, Viewer } from "./viewer.ts";

/** Milliseconds that an answer is kept: the longest that a process without news from the others is behind. */
const keptMs = 3_000;
/** News between processes that somebody changed: a user's id, or "" for many of them. */
const topic = "viewers";

/** Milliseconds that a link for a new password works. */
const passwordLinkMs = 24 * 3600_000;

interface UserDoc {
  _id: unknown;
  handle: string;
  name: string;
  email: string;
  role?: string;
  createdAt: Date;
}

/** Tells who asks: by session cookie, by API key, or by the session of a command-line client. */
export class Viewers {
  #store: Store;
  #auth: Auth;
  #clients: ClientSessions;
  #live: Live;
  #cache = new Map<string, { until: number; viewer: Viewer | null }>();
  #standing: (user: string, handle: string) => Promise<Standing>;

  constructor(
    store: Store,
    auth: Auth,
    clients: ClientSessions,
    live: Live,
    standing: (user: string, handle: string) => Promise<Standing>,
  ) {
    this.#store = store;
    this.#auth = auth;
    this.#clients = clients;
    this.#live = live;
    this.#standing = standing;
    live.hear(topic, (id) => {
      if (id === "") this.#cache.clear();
      else this.#cache.delete(String(id));
    });
  }

  async of(headers: Headers): Promise<Viewer | null> {
    const key = /^Bearer (agon_[\w-]{20,100})$/.exec(headers.get("authorization") ?? "")?.[1];
    if (key) {
      const found = await this.#store.apiKeys.findById(sha256(key)).lean<ApiKeyDoc>();
      return found && this.byId(found.user);
    }
    const client = credentialsOf(headers.get("authorization"));
    if (client) {
      const known = await this.#clients.of(client.id, client.token);
      return known?.user ? this.byId(known.user) : null;
    }
    if (!headers.get("cookie")?.includes("session_token")) return null;
    const session = await this.#auth.api.getSession({ headers });
    return session && this.byId(session.user.id);
  }

  async byId(id: string): Promise<Viewer | null> {
    const cached = this.#cache.get(id);
    if (cached && cached.until > Date.now()) return cached.viewer;
    const doc = mongoose.isValidObjectId(id)
      ? await this.#users().findOne({ _id: new mongoose.Types.ObjectId(id) })
      : null;
    const user = doc && toViewer(doc as unknown as UserDoc);
    const viewer = user && { ...user, ...(await this.#standing(user.id, user.handle)) };
    if (this.#cache.size > 5000) this.#cache.clear();
    this.#cache.set(id, { until: Date.now() + keptMs, viewer });
    return viewer;
  }

  /** As of now, after a change; other processes look anew, too. */
  async fresh(id: string): Promise<Viewer | null> {
    this.#live.publish(topic, id);
    return this.byId(id);
  }

  /** Looks at everybody anew, after a change that touches many. */
  forgetAll(): void {
    this.#live.publish(topic, "");
  }

  async byHandle(handle: string): Promise<Viewer | null> {
    const doc = await this.#users().findOne({ handle });
    return doc && toViewer(doc as unknown as UserDoc);
  }

  /** Gives a user another role. @returns null when there is no such user. */
  async setRole(handle: string, role: Role): Promise<Viewer | null> {
    await this.#users().updateOne({ handle }, { $set: { role } });
    const viewer = await this.byHandle(handle);
    if (viewer) this.#live.publish(topic, viewer.id);
    return viewer;
  }

  /**
   * Makes a single-use link with which a user chooses a new password, good for a day: what better-auth
   * would send by e-mail. @returns null when there is no such user.
   */
  async passwordLink(handle: string): Promise<string | null> {
    const viewer = await this.byHandle(handle);
    if (!viewer) return null;
    const token = randomBytes(24).toString("base64url");
    const { internalAdapter } = await this.#auth.$context;
    await internalAdapter.createVerificationValue({
      identifier: `reset-password:${token}`,
      value: viewer.id,
      expiresAt: new Date(Date.now() + passwordLinkMs),
    });
    return `${this.#auth.options.baseURL}/sign-in?reset=${token}`;
  }

  #users() {
    return this.#store.connection.collection("user");
  }
}

function toViewer(doc: UserDoc): Viewer {
  return {
    id: String(doc._id),
    handle: doc.handle,
    name: doc.name,
    email: doc.email,
    role: (doc.role ?? "learner") as Role,
    createdAt: new Date(doc.createdAt).getTime(),
  };
}
