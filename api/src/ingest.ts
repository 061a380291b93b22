import type { ClientReadableStream } from "@grpc/grpc-js";
import type { HostEvent } from "@agon/protocol/host";
import type { Logger } from "@agon/daemon/log";
import type { HostLink } from "./hosts.ts";
import type { HostDoc, Store } from "./models/store.ts";
import { isDuplicate } from "./models/store.ts";
import { cutOutputs } from "./variables.ts";
import type { PlayViews } from "./play-views.ts";

const leaseMs = 6000;
const renewMs = 1500;
const window = 200;
/** Ids of plays that are known to exist, at most: it saves a read for each event. */
const knownPlays = 5000;

/** Takes over the events of one host, while this process holds the host's lease. */
export class Ingest {
  #host: HostLink;
  #store: Store;
  #views: PlayViews;
  #log: Logger;
  #api: string;
  #stream: ClientReadableStream<HostEvent> | null = null;
  #plays = new Set<string>();
  #stopped = false;
  #told = 0;
  #joined: () => Promise<unknown>;
  #loop: Promise<void> | null = null;

  /** @param joined called each time that this process begins to follow the host. */
  constructor(
    host: HostLink,
    store: Store,
    views: PlayViews,
    log: Logger,
    api: string,
    joined: () => Promise<unknown>,
  ) {
    this.#host = host;
    this.#joined = joined;
    this.#store = store;
    this.#views = views;
    this.#log = log.child({ host: host.id });
    this.#api = api;
  }

  start(): void {
    this.#loop = this.#run();
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      try {
        const lease = await this.#acquire();
        if (lease) {
          // What it does not hear now it hears the next time; no event waits for it.
          this.#joined().catch((error: unknown) =>
            this.#log.warn({ error: String(error) }, "the host was not told what to expect"),
          );
          await this.#follow(lease);
        }
      } catch (error) {
        this.#log.warn({ error: String(error) }, "the host's events stopped; trying again");
      }
      if (!this.#stopped) await new Promise((done) => setTimeout(done, 700));
    }
  }

  /** Compare-and-set on the host's document. Each taking has a higher epoch than all before it. */
  async #acquire(): Promise<HostDoc | null> {
    const now = Date.now();
    const { hosts } = this.#store;
    let host = await hosts.findById(this.#host.id).lean<HostDoc>();
    if (!host) {
      host = {
        _id: this.#host.id,
        lease: { api: "", epoch: 0, until: 0 },
        cursor: { epoch: "", n: 0 },
        seenAt: 0,
        grpc: "",
        terminal: "",
        announcedAt: 0,
        key: "",
      };
      await hosts.collection.insertOne(host as never).catch((error: unknown) => {
        if (!isDuplicate(error)) throw error;
      });
    }
    if (host.lease.until > now) return null;
    const lease = { api: this.#api, epoch: host.lease.epoch + 1, until: now + leaseMs };
    const taken = await hosts.updateOne(
      { _id: host._id, "lease.epoch": host.lease.epoch },
      { $set: { lease, seenAt: this.#host.seenAt || now } },
    );
    return taken.modifiedCount ? { ...host, lease } : null;
  }

  async #follow(host: HostDoc): Promise<void> {
    const epoch = host.lease.epoch;
    let cursor = host.cursor;
    let expected = cursor.n + 1;
    let held = true;
    let saved = cursor;
    let open = true;
    const mine = { _id: host._id, "lease.epoch": epoch };
    this.#log.debug({ epoch, after: cursor.n }, "taking the host's events");
    const stream = this.#host.watch(cursor.n, epoch);
    this.#stream = stream;
    const stop = (why: string): void => {
      if (!open) return;
      open = false;
      this.#log.info({ why }, "leaving the host's events");
      stream.cancel();
    };

    const renew = setInterval(() => {
      void this.#store.hosts
        .updateOne(mine, {
          $set: { "lease.until": Date.now() + leaseMs, seenAt: this.#host.seenAt },
        })
        .then((result) => {
          if (!result.matchedCount) {
            held = false;
            stop("another process holds the lease");
          }
        })
        .catch((error: unknown) => this.#log.warn({ error: String(error) }, "lease not renewed"));
      // Also tells whether the host answers.
      void this.#host.capacity().catch(() => {});
    }, renewMs);
    let saving = false;
    const save = setInterval(() => {
      const at = cursor;
      if (saving || (saved.n === at.n && saved.epoch === at.epoch)) return;
      saving = true;
      void this.#store.hosts
        .updateOne(mine, { $set: { cursor: at } })
        .then(async (result) => {
          if (!result.matchedCount) return;
          saved = at;
          await this.#host.ack(at.n);
        })
        .catch((error: unknown) => this.#log.warn({ error: String(error) }, "cursor not saved"))
        .finally(() => (saving = false));
    }, 150);

    // Plays go on side by side; the cursor follows the oldest event that is not in the log yet.
    const waiting: { n: number; epoch: string; done: boolean }[] = [];
    const chains = new Map<string, Promise<void>>();
    await new Promise<void>((ended) => {
      stream.on("data", (event: HostEvent) => {
        if (!open) return;
        this.#host.seenAt = Date.now();
        if (cursor.epoch === "") cursor = { ...cursor, epoch: event.epoch };
        const last = waiting.at(-1)?.epoch ?? cursor.epoch;
        if (event.epoch !== last) {
          this.#log.warn({ epoch: event.epoch }, "the host lost its counter and counts anew");
          if (event.n !== 1) {
            cursor = { epoch: event.epoch, n: 0 };
            return stop("asking for the new epoch from its start");
          }
          expected = 1;
        }
        if (event.n < expected) return;
        // A gap is asked for again, never guessed.
        if (event.n > expected && !(cursor.n === 0 && !waiting.length && expected === 1))
          return stop(`events ${expected} to ${event.n - 1} are missing`);
        expected = event.n + 1;
        const entry = { n: event.n, epoch: event.epoch, done: false };
        waiting.push(entry);
        if (waiting.length > window) stream.pause();
        const before = chains.get(event.play) ?? Promise.resolve();
        const run = before
          .then(() => this.#take(event, () => held && open))
          .then(() => {
            entry.done = true;
            while (waiting[0]?.done) {
              const first = waiting.shift();
              if (first) cursor = { epoch: first.epoch, n: first.n };
            }
            if (waiting.length < window / 2) stream.resume();
          })
          .finally(() => {
            if (chains.get(event.play) === run) chains.delete(event.play);
          });
        chains.set(event.play, run);
        run.catch((error: unknown) => stop(`event ${event.n}: ${String(error)}`));
      });
      stream.on("error", (error) => {
        // While a host is away this comes every second: told at most every 30 s.
        if (open && Date.now() - this.#told > 30_000) {
          this.#told = Date.now();
          this.#log.warn({ error: error.message }, "the host's stream broke; trying again");
        }
        open = false;
        ended();
      });
      stream.on("end", () => ended());
      stream.on("close", () => ended());
    });
    clearInterval(renew);
    clearInterval(save);
    open = false;
    await Promise.allSettled(chains.values());
    // Given back at once, so that nobody has to wait for the lease to run out.
    await this.#store.hosts.updateOne(mine, { $set: { cursor, "lease.until": 0 } }).catch(() => {});
  }

  async #take(event: HostEvent, held: () => boolean): Promise<void> {
    const body = event.event;
    if (!body) return;
    if (!held()) throw new Error("the lease is gone");
    if (!this.#plays.has(event.play)) {
      if (!(await this.#store.plays.exists({ _id: event.play }))) {
        this.#log.warn({ play: event.play, n: event.n }, "event of an unknown play dropped");
        return;
      }
      if (this.#plays.size >= knownPlays) this.#plays.clear();
      this.#plays.add(event.play);
    }
    await this.#views.append({
      log: event.play,
      eventId: `${event.play}/host:${this.#host.id}/${event.epoch}/${event.n}`,
      at: event.atMs,
      ...(event.observedMs > 0 && { observedAt: event.observedMs }),
      ...payload(body),
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#stream?.cancel();
    await this.#loop;
  }
}

function payload(body: NonNullable<HostEvent["event"]>): {
  type: string;
  data: Record<string, unknown>;
} {
  if (body.$case !== "task") return { type: body.$case, data: { ...body.value } };
  // Outputs stay on the host, but for those that a variable of the text names: these come cut to size.
  const told = body.value.changed;
  const changed = told && { ...told, outputs: told.outputs && cutOutputs(told.outputs) };
  return { type: "task", data: { machine: body.value.machine, changed } };
}
