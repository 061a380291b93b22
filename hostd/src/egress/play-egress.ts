import { promises as dns } from "node:dns";
import type { EgressSpec, StartPlayRequest } from "@agon/protocol/host";
import type { Logger } from "@agon/daemon/log";
import type { WayOut } from "../play-firewall.ts";
import { socketsIn } from "./namespace-sockets.ts";
import { PlayResolver } from "./play-resolver.ts";
import { policyOf, within } from "./policy.ts";
import { PublicRanges } from "./ranges.ts";
import { EgressRouter, hidesTheWayOut, PLAY_DEVICE } from "./router.ts";
import type { EgressSettings } from "./settings.ts";

/** Milliseconds that a name server has for an answer, and questions to it. */
const UPSTREAM = { timeout: 2_000, tries: 2 };

/** Ways out of plays: all of it follows from their specs, so that it can be made again at any time. */
export class PlayEgress {
  readonly #settings: EgressSettings;
  readonly #log: Logger;
  readonly #router: EgressRouter;
  readonly #ranges: PublicRanges;
  readonly #upstream = new dns.Resolver(UPSTREAM);
  readonly #resolvers = new Map<string, PlayResolver>();
  /** Plays that may have a way out. */
  readonly #out = new Set<string>();

  constructor(prefix: string, settings: EgressSettings, log: Logger) {
    this.#settings = settings;
    this.#log = log;
    this.#router = new EgressRouter(prefix, settings, log);
    this.#ranges = new PublicRanges(settings.except);
    if (settings.nameServers.length) this.#upstream.setServers(settings.nameServers);
  }

  /** What a play asks for and this host does not give, in words. */
  lacks({ egress, networks }: StartPlayRequest): string | undefined {
    const policy = policyOf(egress);
    if (!policy) return `egress: there is no policy ${egress?.policy.slice(0, 20)}`;
    if (policy === "none") return undefined;
    const { most } = this.#settings;
    if (!within(policy, most))
      return `egress: this host gives machines at most "${most}", the playground asks for "${policy}" (AGON_EGRESS)`;
    const hidden = networks.find(({ subnet }) => hidesTheWayOut(subnet));
    if (hidden) return `egress: the subnet of network ${hidden.name} is taken by the way out`;
    return undefined;
  }

  /** How a play's firewall lets machines out; undefined = it does not. */
  wayOf(egress: EgressSpec | undefined): WayOut | undefined {
    const policy = policyOf(egress) ?? "none";
    if (policy === "none" || !within(policy, this.#settings.most)) return undefined;
    return { policy, device: PLAY_DEVICE, except: this.#settings.except };
  }

  /** Leads a play's namespace, whose firewall is up, to the outside; again is the same. */
  async open(play: string, space: string, egress: EgressSpec | undefined): Promise<void> {
    const way = this.wayOf(egress);
    if (!way) return;
    this.#out.add(play);
    await this.#router.connect(play, space);
    if (this.#resolvers.has(play)) return;
    const resolver = new PlayResolver(await socketsIn(space, 53), {
      space,
      policy: way.policy,
      names: egress?.names ?? [],
      ranges: this.#ranges,
      upstream: this.#upstream,
      log: this.#log.child({ play }),
    });
    this.#resolvers.set(play, resolver);
  }

  /** Takes a play's way out away, before its namespace goes. */
  async close(play: string): Promise<void> {
    this.#resolvers.get(play)?.[Symbol.dispose]();
    this.#resolvers.delete(play);
    if (this.#out.delete(play)) await this.#router.keep(this.#out);
  }

  /** Takes away what an earlier hostd left of other plays than these. */
  async reap(plays: Set<string>): Promise<void> {
    for (const play of plays) this.#out.add(play);
    await this.#router.keep(plays);
  }
}
