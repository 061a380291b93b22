import { createPrivateKey, randomUUID, sign } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { HOST_ID } from "@agon/daemon/host-name";
import type { Logger } from "@agon/daemon/log";
import { makeRequest } from "@agon/daemon/pki";
import { syncFiles } from "@agon/daemon/sync-files";
import { readIfThere, writeWhole } from "./disk.ts";

/** Milliseconds between two announcements; also how long a lost one is missed. */
const ANNOUNCE = 60_000;
const RETRY = 1_000;

/** What a host is told when it joins. */
interface Joined {
  arena: string;
  ca: string;
  certificate: string;
}

/** Where this host can be reached. */
export interface Addresses {
  /** host:port of its gRPC, as api reaches it. */
  grpc: string;
  /** ws:// or wss:// origin of its terminals as browsers reach it; empty = behind the arena's own address. */
  terminal: string;
}

/** This host's place in an arena: its key, its certificate, and what it tells of itself. */
export class Membership {
  readonly #folder: string;
  readonly #host: string;
  readonly #url: string;
  readonly #log: Logger;
  readonly #stop = new AbortController();
  #announced = false;

  constructor(stateDir: string, host: string, url: string, log: Logger) {
    if (!HOST_ID.test(host))
      throw new Error(`AGON_HOST_ID ${host} must be a-z, 0-9 and dashes, 31 at most`);
    this.#folder = join(stateDir, "pki");
    this.#host = host;
    this.#url = url;
    this.#log = log;
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
  }

  /** Folder with ca.pem, host.key and host.pem. */
  get pki(): string {
    return this.#folder;
  }

  /** api knows where this host is. */
  get announced(): boolean {
    return this.#announced;
  }

  /**
   * Joins with a one-time token, unless it did already. Waits for an api that is away.
   * @returns the arena's id.
   * @throws when the token is refused.
   */
  async join(token: string): Promise<string> {
    const file = join(this.#folder, "joined.json");
    const known = readIfThere(file);
    if (known) return (JSON.parse(known) as Joined).arena;
    if (!token)
      throw new Error(
        `this host has not joined an arena: set AGON_JOIN_TOKEN to what \`./agon hosts token ${this.#host}\` prints`,
      );
    // The same key for every try: a token that was used by it works for it again.
    // An empty one is what a power loss leaves.
    if (!readIfThere(join(this.#folder, "host.csr"))) {
      await makeRequest(this.#folder, "host", this.#host);
      syncFiles(this.#folder);
    }
    const csr = readFileSync(join(this.#folder, "host.csr"), "utf8");
    const joined = (await this.#post("join", { host: this.#host, token, csr })) as Joined;
    writeWhole(join(this.#folder, "ca.pem"), joined.ca);
    writeWhole(join(this.#folder, "host.pem"), joined.certificate);
    writeWhole(file, JSON.stringify(joined));
    this.#log.info({ host: this.#host, arena: joined.arena }, "joined");
    return joined.arena;
  }

  /** Tells api where this host is, now and every minute. */
  announce(addresses: Addresses): void {
    const key = createPrivateKey(readFileSync(join(this.#folder, "host.key")));
    const certificate = readFileSync(join(this.#folder, "host.pem"), "utf8");
    const run = async () => {
      while (!this.#stop.signal.aborted) {
        const told = { ...addresses, host: this.#host, at: Date.now(), nonce: randomUUID() };
        const payload = JSON.stringify(told);
        const signature = sign("sha256", Buffer.from(payload), key).toString("base64");
        try {
          await this.#post("announce", { payload, signature, certificate });
          this.#announced = true;
        } catch (error) {
          if (this.#stop.signal.aborted) return;
          this.#log.error({ error: (error as Error).message }, "api refuses this host");
        }
        await pause(ANNOUNCE, undefined, { signal: this.#stop.signal }).catch(() => undefined);
      }
    };
    void run();
  }

  /** Asks until api answers. @throws when it refuses. */
  async #post(what: "join" | "announce", body: object): Promise<unknown> {
    for (let tried = 0; ; tried++) {
      let response: Response | undefined;
      let why = "";
      try {
        response = await fetch(new URL(`/api/hosts/${what}`, this.#url), {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify(body),
          signal: AbortSignal.any([this.#stop.signal, AbortSignal.timeout(10_000)]),
        });
        if (response.ok) return await response.json();
        if (response.status < 500 && response.status !== 429)
          throw new Error(`${what}: ${(await response.text()).trim().slice(0, 500)}`);
      } catch (error) {
        if (this.#stop.signal.aborted) throw error;
        why = String((error as Error).cause ?? error);
        if (response && !response.ok && response.status < 500 && response.status !== 429)
          throw error;
      }
      // Told at the first try and then every half minute.
      if (tried % 30 === 0)
        this.#log.info({ url: this.#url, why }, `waiting for the arena to ${what}`);
      await pause(RETRY, undefined, { signal: this.#stop.signal });
    }
  }

  close(): void {
    this.#stop.abort();
  }
}
