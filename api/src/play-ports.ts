import type { OpenPortReply, PortState } from "@agon/protocol/host";
import type { Content } from "./content.ts";
import { failure } from "./failure.ts";
import { isFinal } from "./fold.ts";
import { onHost } from "./host-failure.ts";
import type { HostLink } from "./hosts.ts";
import { versionOf, type PlayDoc } from "./models/play.ts";
import { portWish, type PortAsked } from "./open-port.ts";
import type { Plays } from "./plays.ts";

/** Ports of plays' machines that browsers may open. Their host keeps them: it has to know them without api, too. */
export class PlayPorts {
  readonly #plays: Plays;
  readonly #content: Content;
  readonly #hosts: Map<string, HostLink>;

  constructor(parts: { plays: Plays; content: Content; hosts: Map<string, HostLink> }) {
    this.#plays = parts.plays;
    this.#content = parts.content;
    this.#hosts = parts.hosts;
  }

  /** The host that has them, also of a paused play; null = they went with the play. */
  #holder(play: PlayDoc): HostLink | null {
    if (isFinal(play.view.state) || play.view.state === "DESTROYING") return null;
    const link = this.#hosts.get(play.host);
    if (link) return link;
    throw failure("UNAVAILABLE", "The play's host is away.", "Try again in a moment.");
  }

  /** Those that are open, the oldest first. */
  async list(play: PlayDoc): Promise<PortState[]> {
    const link = this.#holder(play);
    return link ? (await onHost(link.listPorts(play._id))).ports : [];
  }

  /** Opens a port, or gives a fresh address of one that is open. @throws NOT_FOUND, FORBIDDEN or BAD_INPUT. */
  async open(play: PlayDoc, asked: PortAsked): Promise<OpenPortReply> {
    const link = this.#plays.hostOf(play);
    if (asked.id) {
      const open = (await this.list(play)).find(({ id }) => id === asked.id);
      if (!open) throw failure("NOT_FOUND", "That port was closed.", "Open it again.");
      const { machine, port, tls, hostRewrite, pathRewrite } = open;
      const wish = { machine, port, tls, public: open.public, hostRewrite, pathRewrite };
      return onHost(link.openPort({ play: play._id, ...wish }));
    }
    const challenge = await this.#content.version(versionOf(play), play.challenge);
    if (!challenge) throw failure("NOT_FOUND", "The content is gone.", "Start another play.");
    return onHost(link.openPort(portWish(play._id, challenge, asked)));
  }

  /** Closes a port for good. Twice is the same as once. */
  async close(play: PlayDoc, id: string): Promise<void> {
    const link = this.#holder(play);
    if (link) await onHost(link.closePort(play._id, id));
  }
}
