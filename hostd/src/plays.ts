import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Logger } from "@agon/daemon/log";
import type { StartPlayRequest } from "@agon/protocol/host";
import type { Driver } from "./driver.ts";
import type { Journal } from "./journal.ts";
import { serveMachine } from "./machine-channel.ts";
import { Play } from "./play.ts";
import { MachineTerminals } from "./terminals.ts";

interface Entry {
  play: Play;
  terminals: Map<string, MachineTerminals>;
  channels: { close(): void }[];
}

/** All plays of this host. */
export class Plays {
  readonly #folder: string;
  readonly #sockets: string;
  readonly #driver: Driver;
  readonly #journal: Journal;
  readonly #log: Logger;
  readonly #entries = new Map<string, Entry>();

  constructor(options: {
    stateFolder: string;
    sockets: string;
    driver: Driver;
    journal: Journal;
    log: Logger;
  }) {
    this.#folder = join(options.stateFolder, "plays");
    this.#sockets = options.sockets;
    this.#driver = options.driver;
    this.#journal = options.journal;
    this.#log = options.log;
    mkdirSync(this.#folder, { recursive: true });
    setInterval(() => {
      for (const { play, terminals } of this.#entries.values())
        if ([...terminals.values()].some((one) => one.clients > 0)) play.sign();
    }, 10_000).unref();
  }

  get size(): number {
    return this.#entries.size;
  }

  get driver(): Driver {
    return this.#driver;
  }

  get(id: string): Play | undefined {
    return this.#entries.get(id)?.play;
  }

  terminals(play: string, machine: string): MachineTerminals | undefined {
    return this.#entries.get(play)?.terminals.get(machine);
  }

  /** Goes on with every play that is on disk, and removes what belongs to none. */
  async recover(): Promise<void> {
    for (const name of readdirSync(this.#folder)) {
      if (!name.endsWith(".json")) {
        rmSync(join(this.#folder, name), { force: true });
        continue;
      }
      try {
        await this.#open(name.slice(0, -5), Play.read(join(this.#folder, name)));
      } catch (error) {
        this.#log.error(error, `play file ${name} could not be read`);
      }
    }
    const reaped = await this.#driver.reap(new Set(this.#entries.keys()));
    if (reaped.length) this.#log.warn({ reaped }, "removed machines of unknown plays");
  }

  async #open(id: string, saved: ReturnType<typeof Play.fresh>): Promise<Play> {
    const play = new Play(id, saved, {
      folder: this.#folder,
      sockets: this.#sockets,
      driver: this.#driver,
      journal: this.#journal,
      log: this.#log,
    });
    play.makeFolders();
    const entry: Entry = { play, terminals: new Map(), channels: [] };
    this.#entries.set(id, entry);
    for (const { name } of play.request.machines) {
      const terminals = new MachineTerminals(name, () => play.sign());
      entry.terminals.set(name, terminals);
      entry.channels.push(await serveMachine(play, name, terminals));
    }
    void play.run();
    return play;
  }

  async start(request: StartPlayRequest): Promise<void> {
    if (this.#entries.has(request.play)) return;
    const saved = Play.fresh(request);
    const play = await this.#open(request.play, saved);
    play.save();
  }

  async destroy(id: string): Promise<void> {
    const entry = this.#entries.get(id);
    if (!entry) {
      await this.#driver.destroy(id);
      return;
    }
    for (const terminals of entry.terminals.values()) terminals.close("the play ended");
    await entry.play.destroy();
    for (const channel of entry.channels) channel.close();
    this.#entries.delete(id);
  }

  /** Ends sockets; machines go on. */
  leave(): void {
    for (const { play, terminals, channels } of this.#entries.values()) {
      play.leave();
      for (const one of terminals.values()) one.close("hostd restarts");
      for (const channel of channels) channel.close();
    }
  }
}
