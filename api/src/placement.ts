import { status } from "@grpc/grpc-js";
import type { Challenge } from "@agon/content/model";
import type { Logger } from "@agon/daemon/log";
import { failure } from "./failure.ts";
import type { HostRegistry } from "./host-registry.ts";
import type { HostLink } from "./hosts.ts";
import type { PlayDoc } from "./models/play.ts";
import type { Store } from "./models/store.ts";
import type { RegistryCredentials } from "./registry-credentials.ts";
import { playSpec } from "./play-spec.ts";

/** Backends that a machine must have; other names are wishes (hostd's Drivers). */
const REQUIRED = ["container", "microvm"];

/** A host that takes a play. */
interface Offer {
  link: HostLink;
  /** How many plays more. */
  free: number;
  /** Of machines that name none. */
  backend: string;
}

/** Chooses the host of a play. */
export class Placement {
  #store: Store;
  #registry: HostRegistry;
  #credentials: RegistryCredentials;
  #log: Logger;

  #idleSeconds: number;

  /** @param idleSeconds of every play that a person starts; 0 = never. */
  constructor(
    store: Store,
    registry: HostRegistry,
    credentials: RegistryCredentials,
    log: Logger,
    idleSeconds: number,
  ) {
    this.#idleSeconds = idleSeconds;
    this.#store = store;
    this.#credentials = credentials;
    this.#registry = registry;
    this.#log = log;
  }

  /** Hosts that take plays, have what a play needs; and backends that others have. */
  async #offers(
    needs: { backends: string[]; images: string[] },
    now: boolean,
  ): Promise<{ offers: Offer[]; lacking: string[]; missing: string[] }> {
    const offers: Offer[] = [];
    const lacking = new Set<string>();
    const absent = new Set<string>();
    for (const link of this.#registry.links.values()) {
      const capacity = await link.capacity(now).catch(() => null);
      if (!capacity || capacity.draining) continue;
      if (needs.backends.some((backend) => !capacity.backends.includes(backend))) {
        for (const backend of capacity.backends) lacking.add(backend);
        continue;
      }
      const missing = needs.images.filter((image) => !capacity.images.includes(image));
      if (capacity.images.length && missing.length) {
        this.#log.warn({ host: link.id, missing }, "the host lacks images of the challenge");
        for (const image of missing) absent.add(image);
        continue;
      }
      offers.push({
        link,
        free: capacity.maxPlays - capacity.plays,
        backend: capacity.backend,
      });
    }
    return { offers, lacking: [...lacking], missing: [...absent] };
  }

  /** Finds a host with room, the emptiest first. The host's own refusal counts. */
  async place(play: PlayDoc, challenge: Challenge): Promise<void> {
    // No host learns of credentials that it has no use for.
    const images = challenge.playground.machines.flatMap(({ image, drives }) => [
      image,
      ...(drives ?? []).flatMap(({ source }) => source ?? []),
    ]);
    const pulls = images.some((image) => image.startsWith("oci://"));
    const spec = playSpec(play._id, challenge, {
      ...play,
      idleSeconds: this.#idleSeconds,
      registryCredentials: pulls ? await this.#credentials.of(play.owner) : [],
    });
    const unique = (values: string[]) => [...new Set(values)];
    const needs = {
      // Hosts fetch those of registries.
      images: unique(images).filter((image) => !image.startsWith("oci://")),
      backends: unique(spec.machines.map(({ backend }) => backend)).filter((backend) =>
        REQUIRED.includes(backend),
      ),
    };
    // One may have announced itself to another process a moment ago.
    if (this.#registry.links.size === 0) await this.#registry.refresh();
    let { offers, lacking, missing } = await this.#offers(needs, false);
    // Another process may have let a host go on a moment ago.
    if (offers.length === 0) ({ offers, lacking, missing } = await this.#offers(needs, true));
    offers.sort((a, b) => b.free - a.free);
    const chosen = offers.find((offer) => offer.link.id === play.host);
    if (offers.length === 0 && lacking.length)
      throw failure(
        "BAD_INPUT",
        `No host has the backend ${needs.backends.join(" and ")}.`,
        `There are: ${lacking.join(", ")}.`,
      );
    if (offers.length === 0 && missing.length)
      throw failure(
        "BAD_INPUT",
        `No host has the image ${missing.join(", ")}.`,
        `An operator builds it: ./agon images build ${missing.join(" ")}, then ./agon up.`,
      );
    let why = offers.length ? "full" : "away";
    for (const { link, backend } of chosen ? [chosen] : offers.filter((offer) => offer.free > 0)) {
      // Written before the host is asked: its first event may be here before its answer.
      await this.#store.plays.updateOne(
        { _id: play._id },
        { $set: { host: link.id, hostBackend: backend } },
      );
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
