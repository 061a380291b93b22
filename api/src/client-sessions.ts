import { randomBytes, timingSafeEqual } from "node:crypto";
import { sha256 } from "./auth.ts";
import { failure } from "./failure.ts";
import type { ClientSessionDoc } from "./models/client-session.ts";
import type { Store } from "./models/store.ts";

/** Bounds: sessions of one user, and of all that wait. */
export const CLIENTS = { each: 20, waiting: 2_000 } as const;
/** Milliseconds that a client may wait to be let in: it asks for ten minutes. */
const WAIT = 15 * 60_000;
/** Milliseconds after its last use when a session ends. */
const UNUSED = 90 * 24 * 3600_000;
/** Milliseconds between notes of its use. */
const NOTED = 3600_000;
const ID = /^c[0-9a-f]{32}$/;

const secret = () => randomBytes(32).toString("base64url");
const isSame = (hash: string, text: string) =>
  timingSafeEqual(Buffer.from(hash), Buffer.from(sha256(text)));

/** Sessions of clients without a browser: made by the client, let in by a signed-in user. */
export class ClientSessions {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** A session that waits. Its token and code are told here only. */
  async open(
    client: string,
    address: string,
  ): Promise<{ id: string; token: string; code: string }> {
    const waiting = await this.#store.clientSessions.countDocuments({ user: "" });
    if (waiting >= CLIENTS.waiting)
      throw failure("UNAVAILABLE", "Too many clients wait to be let in.", "Try again in a minute.");
    const id = `c${randomBytes(16).toString("hex")}`;
    const [token, code] = [secret(), secret()];
    const doc: ClientSessionDoc = {
      _id: id,
      token: sha256(token),
      code: sha256(code),
      // What a client says of itself is shown to people.
      client: client.replaceAll(/[^\x20-\x7e]/g, "").slice(0, 120) || "a client without a name",
      address: address.slice(0, 60),
      at: Date.now(),
      user: "",
      usedAt: Date.now(),
    };
    await this.#store.clientSessions.collection.insertOne(doc as never);
    return { id, token, code };
  }

  async #known(id: string): Promise<ClientSessionDoc | null> {
    if (!ID.test(id)) return null;
    const doc = await this.#store.clientSessions.findById(id).lean<ClientSessionDoc>();
    return doc && Date.now() < ends(doc) ? doc : null;
  }

  /** The session that a client's credentials are of, whether it was let in or not. */
  async of(id: string, token: string): Promise<ClientSessionDoc | null> {
    const doc = await this.#known(id);
    if (!doc || !isSame(doc.token, token)) return null;
    if (doc.user && Date.now() - doc.usedAt > NOTED)
      await this.#store.clientSessions.updateOne({ _id: id }, { $set: { usedAt: Date.now() } });
    return doc;
  }

  /** The session behind an address that a client told its user; one that was let in is not shown again. */
  async waiting(id: string, code: string): Promise<ClientSessionDoc | null> {
    const doc = await this.#known(id);
    return doc && !doc.user && isSame(doc.code, code) ? doc : null;
  }

  /** Lets a client in as a user. @throws when it does not wait any more, or the user has too many. */
  async letIn(user: string, id: string, code: string): Promise<void> {
    const doc = await this.waiting(id, code);
    const gone = () =>
      failure("NOT_FOUND", "No client waits here.", "Run its login again: it makes a new address.");
    if (!doc) throw gone();
    if ((await this.list(user)).length >= CLIENTS.each)
      throw failure("LIMIT", `You let ${CLIENTS.each} clients in.`, "Revoke one of them first.");
    const done = await this.#store.clientSessions.updateOne(
      { _id: id, user: "" },
      { $set: { user, usedAt: Date.now() } },
    );
    if (!done.modifiedCount) throw gone();
  }

  /** Refuses a client that waits. */
  async refuse(id: string, code: string): Promise<void> {
    if (await this.waiting(id, code)) await this.#store.clientSessions.deleteOne({ _id: id });
  }

  /** Clients that a user let in, the last used first. */
  async list(user: string): Promise<ClientSessionDoc[]> {
    const all = await this.#store.clientSessions.find({ user }).lean<ClientSessionDoc[]>();
    return all.filter((doc) => Date.now() < ends(doc)).sort((a, b) => b.usedAt - a.usedAt);
  }

  /** Ends a session; the next request with it is refused. */
  async revoke(user: string, id: string): Promise<void> {
    await this.#store.clientSessions.deleteOne({ _id: id, user });
  }

  /** Forgets what nobody can use any more. Part of the sweep. */
  async clean(now = Date.now()): Promise<void> {
    await this.#store.clientSessions.deleteMany({ user: "", at: { $lt: now - WAIT } });
    await this.#store.clientSessions.deleteMany({ usedAt: { $lt: now - UNUSED } });
  }
}

const ends = ({ user, at, usedAt }: ClientSessionDoc): number =>
  user ? usedAt + UNUSED : at + WAIT;
