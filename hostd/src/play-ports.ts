import type { Duplex } from "node:stream";
import type { MachinePlace } from "./driver.ts";
import type { Drivers } from "./drivers.ts";
import type { PlayRecord } from "./play-record.ts";
import { closeIn, openIn, wrongWish, type OpenPort, type PortWish } from "./ports/port-book.ts";
import { Refusal } from "./refusal.ts";

/** What the ports of a play need of it. */
export interface PortsOf {
  record: PlayRecord;
  drivers: Drivers;
  members: ReadonlyMap<string, { place: MachinePlace; up: boolean }>;
  /** Whether its machines are let go of. */
  stopped(): boolean;
  save(): void;
}

/** Ports of a play's machines that browsers may open. */
export class PlayPorts {
  readonly #of: PortsOf;

  constructor(of: PortsOf) {
    this.#of = of;
  }

  /** Opens a port of a machine to browsers; on disk before anybody hears of it. @throws Refusal */
  open(wish: PortWish): OpenPort {
    const { members, record } = this.#of;
    if (this.#of.stopped()) throw new Refusal("not-so", "the play does not run");
    if (!members.has(wish.machine))
      throw new Refusal("missing", `the play has no machine ${wish.machine}`);
    const wrong = wrongWish(wish);
    if (wrong) throw new Refusal("invalid", wrong);
    const port = openIn((record.ports ??= []), wish);
    this.#of.save();
    return port;
  }

  /** Those that are open, the oldest first. */
  get all(): readonly OpenPort[] {
    return this.#of.record.ports ?? [];
  }

  /** Closes a port for good; on disk before anybody hears of it. Twice is the same as once. */
  close(label: string): void {
    if (closeIn(this.#of.record.ports ?? [], label)) this.#of.save();
  }

  /** The open port that has this label. */
  find(label: string): OpenPort | undefined {
    return this.all.find((one) => one.label === label);
  }

  /** A connection to a machine's port, from within the play's network; undefined while it does not run. */
  dial(machine: string, port: number): Duplex | undefined {
    const member = this.#of.members.get(machine);
    if (!member?.up || this.#of.stopped()) return undefined;
    return this.#of.drivers.dial(member.place, port);
  }
}
