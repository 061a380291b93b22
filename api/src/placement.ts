import { status } from "@grpc/grpc-js";
import type { Challenge } from "@agon/content/model";
import type { Logger } from "@agon/daemon/log";
import { failure } from "./failure.ts";
import type { HostRegistry } from "./host-registry.ts";
import type { HostLink } from "./hosts.ts";
import type { PlayDoc } from "./models/play.ts";
import type { Store } from "./models/store.ts";
import { playSpec } from "./play-spec.ts";

/** Chooses the host of a play. */
export class Placement {
  #store: Store;
  #registry: HostRegistry;
  #log: Logger;

  constructor(store: Store, registry: HostRegistry, log: Logger) {
    this.#store = store;
    this.#registry = registry;
    this.#log = log;
  }

  /** Hosts that take plays, have what this one needs, and how many more they take; and backends that others have. */
  async #offers(
    play: PlayDoc,
    images: Set<string>,
    now: boolean,
  ): Promise<{ offers: { link: HostLink; free: number }[]; lacking: string[] }> {
    const offers: { link: HostLink; free: number }[] = [];
    const lacking = new Set<string>();
    for (const link of this.#registry.links.values()) {
      const capacity = await link.capacity(now).catch(() => null);
      if (!capacity || capacity.draining) continue;
      if (play.backend && !capacity.backends.includes(play.backend)) {
        for (const backend of capacity.backends) lacking.add(backend);
        continue;
      }
      const missing = [...images].filter((image) => !capacity.images.includes(image));
      if (capacity.images.length && missing.length) {
        this.#log.warn({ host: link.id, missing }, "the host lacks images of the challenge");
        continue;
      }
      offers.push({ link, free: capacity.maxPlays - capacity.plays });
    }
    return { offers, lacking: [...lacking] };
  }

  /** Finds a host with room, the emptiest first. The host's own refusal counts. */
  async place(play: PlayDoc, challenge: Challenge): Promise<void> {
    const spec = playSpec(play._id, challenge, play);
    const images = new Set(spec.machines.map((machine) => machine.image));
    // One may have announced itself to another process a moment ago.
    if (this.#registry.links.size === 0) await this.#registry.refresh();
    let { offers, lacking } = await this.#offers(play, images, false);
    // Another process may have let a host go on a moment ago.
    if (offers.length === 0) ({ offers, lacking } = await this.#offers(play, images, true));
    offers.sort((a, b) => b.free - a.free);
    const chosen = offers.find((offer) => offer.link.id === play.host);
    if (offers.length === 0 && lacking.length)
      throw failure(
        "BAD_INPUT",
        `No host has the backend ${play.backend}.`,
        `There are: ${lacking.join(", ")}.`,
      );
    let why = offers.length ? "full" : "away";
    for (const { link } of chosen ? [chosen] : offers.filter((offer) => offer.free > 0)) {
      // Written before the host is asked: its first event may be here before its answer.
      await this.#store.plays.updateOne({ _id: play._id }, { $set: { host: link.id } });
      try {
        await link.startPlay(spec);
        await this.#store.plays.updateOne({ _id: play._id }, { $set: { placed: true } });
        this.#log.info({ play: play._id, host: link.id }, "play started");
        return;
      } catch (error) {
        const { code, details } = error as { code?: number; details?: string };
        this.#log.warn({ play: play._id, host: link.id, code, details }, "the host refused a play");
        why = code === status.RESOURCE_EXHAUSTED ? "full" : "broken";
      }
    }
    if (why === "full")
      throw failure("LIMIT", "All places are taken.", "Try again in a few minutes.");
    throw failure("UNAVAILABLE", "No host can take the play now.", "Try again in a minute.");
  }
}
