import { createHash, createPublicKey, randomBytes, verify, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { HOST_ID, tlsNameOf } from "@agon/daemon/host-name";
import type { Logger } from "@agon/daemon/log";
import { signRequest } from "@agon/daemon/pki";
import { sha256 } from "./auth.ts";
import { failure } from "./failure.ts";
import { HostLink, type HostAddress } from "./hosts.ts";
import type { HostDoc, HostTokenDoc, Store } from "./models/store.ts";

/** Milliseconds. */
const tokenLife = 3600_000;
const clockSkew = 300_000;
const refreshMs = 2000;

interface Parts {
  store: Store;
  arena: string;
  pki: string;
  log: Logger;
  /** A host is there, or is somewhere else now: whoever follows it starts or starts over. */
  changed: (link: HostLink | null, id: string) => Promise<void>;
}

/** The hosts of this arena: who may join, who did, and where they are. */
export class HostRegistry {
  /** Live links by host id; the same map for the registry's whole life. */
  readonly links = new Map<string, HostLink>();
  readonly #parts: Parts;
  readonly #known = new Map<string, string>();
  readonly #fixed = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #refreshing: Promise<void> | null = null;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Follows hosts that are given by configuration, then those that announced themselves. */
  async start(given: HostAddress[]): Promise<void> {
    for (const address of given) await this.#put(address);
    for (const { id } of given) this.#fixed.add(id);
    await this.#read();
    this.#timer = setInterval(() => void this.refresh(), refreshMs);
  }

  /** Reads again who is there; a store that is away changes nothing. */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#read()
      .catch((error: unknown) =>
        this.#parts.log.warn({ error: String(error) }, "hosts could not be read"),
      )
      .finally(() => (this.#refreshing = null));
    return this.#refreshing;
  }

  async #put(address: HostAddress): Promise<void> {
    const text = JSON.stringify(address);
    if (this.#known.get(address.id) === text) return;
    const before = this.links.get(address.id);
    const link = new HostLink(address, this.#parts.pki);
    this.#known.set(address.id, text);
    this.links.set(address.id, link);
    await this.#parts.changed(link, address.id);
    before?.close();
  }

  async #read(): Promise<void> {
    const fixed = this.#fixed;
    const docs = await this.#parts.store.hosts.find({ grpc: { $gt: "" } }).lean<HostDoc[]>();
    for (const { _id: id, grpc, terminal } of docs)
      if (!fixed.has(id)) await this.#put({ id, grpc, terminal, tlsName: tlsNameOf(id) });
    const there = new Set(docs.map(({ _id }) => _id));
    for (const [id, link] of this.links) {
      if (fixed.has(id) || there.has(id)) continue;
      this.links.delete(id);
      this.#known.delete(id);
      await this.#parts.changed(null, id);
      link.close();
    }
  }

  /** Makes a token with which one host can join, once, within an hour. */
  async token(host: string): Promise<{ token: string; until: number }> {
    if (!HOST_ID.test(host))
      throw failure("BAD_INPUT", `${host} is no name of a host.`, "Use a-z, 0-9 and dashes.");
    const token = randomBytes(24).toString("base64url");
    const until = Date.now() + tokenLife;
    await this.offer(host, token, until);
    return { token, until };
  }

  /** Accepts this token for a host; one that was used stays used. */
  async offer(host: string, token: string, until: number): Promise<void> {
    await this.#parts.store.hostTokens.updateOne(
      { _id: sha256(token) },
      { $setOnInsert: { host, until, key: "" } },
      { upsert: true },
    );
  }

  /**
   * Signs the certificate of a host that shows its token. The token is bound to the first key that uses it:
   * a host that lost the answer asks again, nobody else can.
   */
  async join(body: {
    host?: unknown;
    token?: unknown;
    csr?: unknown;
  }): Promise<{ arena: string; ca: string; certificate: string }> {
    const { arena, pki, store, log } = this.#parts;
    const [host, token, csr] = [body.host, body.token, body.csr].map(String) as [
      string,
      string,
      string,
    ];
    const refused = failure(
      "FORBIDDEN",
      "The token is wrong, used, or too old.",
      `Make a new one with ./agon hosts token ${HOST_ID.test(host) ? host : "NAME"}`,
    );
    const id = sha256(token);
    const found = await store.hostTokens.findById(id).lean<HostTokenDoc>();
    if (!found || found.host !== host || found.until < Date.now()) throw refused;
    let certificate: string;
    try {
      certificate = await signRequest(pki, csr, host, [`DNS:${tlsNameOf(host)}`]);
    } catch {
      throw failure("BAD_INPUT", "The request can't be signed.", "Send a PKCS #10 request as PEM.");
    }
    const key = keyOf(certificate);
    const used = await store.hostTokens.updateOne({ _id: id, key: { $in: ["", key] } }, { key });
    if (!used.matchedCount) throw refused;
    await store.hosts.updateOne(
      { _id: host },
      {
        // It says where it is with its first announcement.
        $set: { key, announcedAt: 0, grpc: "", terminal: "" },
        $setOnInsert: {
          lease: { api: "", epoch: 0, until: 0 },
          cursor: { epoch: "", n: 0 },
          seenAt: 0,
        },
      },
      { upsert: true },
    );
    log.info({ host }, "a host joined");
    return { arena, ca: readFileSync(join(pki, "ca.pem"), "utf8"), certificate };
  }

  /** A host says where it is, signed by the key of its certificate. */
  async announce(body: {
    payload?: unknown;
    signature?: unknown;
    certificate?: unknown;
  }): Promise<void> {
    const { pki, store, log } = this.#parts;
    const refused = (why: string) =>
      failure("FORBIDDEN", `This host is not accepted: ${why}.`, "Let it join with a new token.");
    const payload = String(body.payload);
    let certificate: X509Certificate;
    let told: { host: string; grpc: string; terminal: string; at: number };
    try {
      certificate = new X509Certificate(String(body.certificate));
      told = JSON.parse(payload) as typeof told;
    } catch {
      throw failure("BAD_INPUT", "This is no announcement.", "Use a hostd of this version.");
    }
    const ca = createPublicKey(readFileSync(join(pki, "ca.pem")));
    const signature = Buffer.from(String(body.signature), "base64");
    if (!certificate.verify(ca)) throw refused("another authority signed its certificate");
    if (!verify("sha256", Buffer.from(payload), certificate.publicKey, signature))
      throw refused("the signature is wrong");
    if (certificate.checkHost(tlsNameOf(String(told.host))) === undefined)
      throw refused("its certificate has another name");
    if (!(Math.abs(told.at - Date.now()) < clockSkew))
      throw refused("its clock is more than five minutes off");
    const doc = await store.hosts.findById(told.host).lean<HostDoc>();
    if (!doc || doc.key !== keyOf(certificate.toString())) throw refused("it was removed");
    if (!/^[\w.:[\]-]{3,260}$/.test(told.grpc) || !/^(wss?:\/\/\S{1,250})?$/.test(told.terminal))
      throw failure(
        "BAD_INPUT",
        "The addresses are wrong.",
        "grpc is host:port, terminal ws(s)://…",
      );
    // An older announcement, sent again by somebody, changes nothing.
    const moved = await store.hosts.updateOne(
      { _id: told.host, announcedAt: { $lt: told.at } },
      { $set: { grpc: told.grpc, terminal: told.terminal, announcedAt: told.at } },
    );
    if (moved.modifiedCount && doc.grpc !== told.grpc)
      log.info({ host: told.host, grpc: told.grpc }, "a host announced itself");
  }

  /** Takes a host out: it is asked nothing any more, and its certificate is worth nothing here. */
  async remove(host: string): Promise<void> {
    const active = await this.#parts.store.plays.countDocuments({ host, open: true });
    if (active > 0)
      throw failure(
        "BAD_INPUT",
        `${host} still runs ${active} plays.`,
        `Drain it first: ./agon hosts drain ${host}`,
      );
    const gone = await this.#parts.store.hosts.deleteOne({ _id: host });
    if (!gone.deletedCount)
      throw failure("NOT_FOUND", `There is no host ${host}.`, "See ./agon hosts");
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#refreshing;
    for (const link of this.links.values()) link.close();
  }
}

/** Fingerprint of the public key of a certificate. */
function keyOf(pem: string): string {
  const spki = new X509Certificate(pem).publicKey.export({ type: "spki", format: "der" });
  return createHash("sha256").update(spki).digest("hex");
}
