import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { StartPlayRequest } from "@agon/protocol/host";
import { writeWhole } from "./disk.ts";
import { Play, type PlayHost } from "./play.ts";
import { shortHash } from "./names.ts";
import { checkSpec } from "./spec-check.ts";

/** All plays of this host. */
export class Plays {
  readonly #host: PlayHost;
  readonly #max: number;
  readonly #plays = new Map<string, Play>();
  readonly #drainFile: string;

  constructor(host: PlayHost, max: number) {
    this.#host = host;
    this.#max = max;
    this.#drainFile = join(host.folder, "../draining");
    mkdirSync(host.folder, { recursive: true });
    mkdirSync(host.socketFolder, { recursive: true, mode: 0o711 });
  }

  get size(): number {
    return this.#plays.size;
  }

  get max(): number {
    return this.#max;
  }

  /** Takes no new plays. */
  get draining(): boolean {
    return existsSync(this.#drainFile);
  }

  /** Takes new plays or not; kept over restarts. */
  drain(on: boolean): void {
    if (on) writeWhole(this.#drainFile, "");
    else rmSync(this.#drainFile, { force: true });
  }

  /** Terminals that are open now. */
  get openTerminals(): number {
    return [...this.#plays.values()].reduce((sum, play) => sum + play.openTerminals, 0);
  }

  find(play: string): Play | undefined {
    return this.#plays.get(play);
  }

  /** Takes up the plays of an earlier hostd and removes what belongs to none. */
  async restore(): Promise<void> {
    const { folder, socketFolder, drivers, log } = this.#host;
    for (const name of readdirSync(folder)) {
      const play = Play.load(this.#host, name);
      if (play) this.#plays.set(name, play);
      else rmSync(join(folder, name), { recursive: true, force: true });
    }
    await drivers.reap(new Set(this.#plays.keys()));
    const sockets = new Set(
      [...this.#plays.values()].flatMap(({ id, spec }) =>
        spec.machines.map((machine) => shortHash(`${id}/${machine.name}`)),
      ),
    );
    for (const name of readdirSync(socketFolder))
      if (!sockets.has(name)) rmSync(join(socketFolder, name), { recursive: true, force: true });
    for (const play of this.#plays.values()) {
      if (!play.ending) await play.begin();
      else
        void this.destroy(play.id).catch((error: unknown) =>
          log.error({ err: error, play: play.id }, "play could not be removed"),
        );
    }
  }

  /**
   * Accepts a play; the same id again changes nothing.
   * @returns what is wrong with it, or undefined.
   */
  async start(
    spec: StartPlayRequest,
  ): Promise<{ code: "full" | "invalid"; message: string } | undefined> {
    if (this.#plays.has(spec.play)) return;
    const wrong = checkSpec(spec, this.#host.drivers);
    if (wrong) return { code: "invalid", message: wrong };
    if (this.draining)
      return { code: "full", message: "this host takes no new plays: it is draining" };
    if (this.#plays.size >= this.#max)
      return {
        code: "full",
        message: `this host runs ${this.#max} plays already: try again later`,
      };
    const play = Play.create(this.#host, spec);
    this.#plays.set(spec.play, play);
    await play.begin();
    return;
  }

  /** Removes a play; one that is not here is gone already. */
  async destroy(id: string): Promise<void> {
    const play = this.#plays.get(id);
    if (!play) return;
    await play.destroy();
    this.#plays.delete(id);
  }

  /** Lets go of all machines. */
  stop(): void {
    for (const play of this.#plays.values()) play.stop("the host restarts");
  }
}
