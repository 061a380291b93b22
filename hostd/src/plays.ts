import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { StartPlayRequest } from "@agon/protocol/host";
import type { MachineReboots } from "./boot-times.ts";
import { writeWhole } from "./disk.ts";
import { Play, type PlayHost } from "./play.ts";
import { shortHash } from "./names.ts";
import type { OpenPort } from "./ports/port-book.ts";
import { Refusal } from "./refusal.ts";
import { checkSpec } from "./spec-check.ts";

/** All plays of this host. */
export class Plays {
  readonly #host: PlayHost;
  readonly #max: number;
  readonly #plays = new Map<string, Play>();
  /** Copies that are being made, by the new play's id. */
  readonly #forking = new Map<string, Promise<void>>();
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

  /** Plays whose machines run; paused ones take no place. */
  get running(): number {
    return [...this.#plays.values()].filter((play) => !play.atRest).length;
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

  /** Reboots of machines that run, of all plays. */
  get reboots(): MachineReboots[] {
    return [...this.#plays.values()].flatMap((play) => play.reboots);
  }

  find(play: string): Play | undefined {
    return this.#plays.get(play);
  }

  /** The open port of this label, and its play. */
  findPort(label: string): { play: Play; port: OpenPort } | undefined {
    for (const play of this.#plays.values()) {
      const port = play.ports.find(label);
      if (port) return { play, port };
    }
    return undefined;
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
    const full = this.#whyFull();
    if (full) return { code: "full", message: full };
    const play = Play.create(this.#host, spec);
    this.#plays.set(spec.play, play);
    await play.begin();
    return;
  }

  #whyFull(): string | undefined {
    if (this.draining) return "this host takes no new plays: it is draining";
    if (this.running + this.#forking.size >= this.#max)
      return `this host runs ${this.#max} plays already: try again later`;
    return undefined;
  }

  #find(id: string): Play {
    const play = this.#plays.get(id);
    if (!play) throw new Refusal("missing", `this host has no play ${id}`);
    return play;
  }

  /** Starts a stopped play again. @throws Refusal when there is no room, or it is not stopped. */
  async restart(id: string): Promise<void> {
    const play = this.#find(id);
    if (["STARTING", "RUNNING"].includes(play.state)) return;
    if (play.ending || play.state !== "STOPPED")
      throw new Refusal("later", `the play is ${play.state}: a paused one can go on`);
    const full = this.#whyFull();
    if (full) throw new Refusal("full", full);
    await play.wake();
    const again = Play.load(this.#host, id);
    if (!again || again.ending) throw new Refusal("missing", `this host has no play ${id}`);
    this.#plays.set(id, again);
    await again.begin();
  }

  /**
   * Accepts a copy of a play; the same id again changes nothing.
   * @throws Refusal when it can't be made.
   */
  async fork(spec: StartPlayRequest, from: string, checkpoint: string): Promise<void> {
    if (this.#plays.has(spec.play)) return;
    const known = this.#forking.get(spec.play);
    if (known) return known;
    const wrong = checkSpec(spec, this.#host.drivers);
    if (wrong) throw new Refusal("invalid", wrong);
    const source = this.#find(from);
    const names = (one: StartPlayRequest) =>
      one.machines.map(({ name, image, backend }) => `${name} ${image} ${backend}`).join();
    if (names(spec) !== names(source.spec))
      throw new Refusal("invalid", "the machines are others than those of the play");
    const full = this.#whyFull();
    if (full) throw new Refusal("full", full);
    // The graph may have been changed since the other play started.
    const { tasks, graphRevision, graphVersion } = source.spec;
    const own = { ...spec, tasks, graphRevision, graphVersion };
    const work = Play.fork(this.#host, own, source, checkpoint)
      .then((play) => {
        this.#plays.set(spec.play, play);
        return play.begin();
      })
      .finally(() => this.#forking.delete(spec.play));
    this.#forking.set(spec.play, work);
    return work;
  }

  /** Removes a play; one that is not here is gone already. */
  async destroy(id: string): Promise<void> {
    await this.#forking.get(id)?.catch(() => undefined);
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
