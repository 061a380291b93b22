import { join } from "node:path";
import type { Logger } from "@agon/daemon/log";
import type { MachinePlace } from "../driver.ts";
import { GuestAgent } from "./guest-agent.ts";
import { GuestRelay } from "./guest-relay.ts";
import type { Qmp } from "./qmp.ts";

/** A machine that this hostd holds: QEMU's control socket and the ports of its guest. */
export class HeldMachine {
  readonly qmp: Qmp;
  readonly agent: GuestAgent;
  #sockets: string;
  #ended = false;
  readonly #relays: GuestRelay[] = [];

  /** @param sockets folder of the sockets that QEMU made. */
  constructor(sockets: string, qmp: Qmp) {
    this.qmp = qmp;
    this.agent = new GuestAgent(join(sockets, "guest"));
    this.#sockets = sockets;
    void qmp.closed.then(() => (this.#ended = true));
  }

  /** QEMU ended, or dropped its control connection. */
  get ended(): boolean {
    return this.#ended;
  }

  /** The folder of the sockets has another name from now on. */
  moved(sockets: string): void {
    this.#sockets = sockets;
    this.agent.moved(join(sockets, "guest"));
  }

  /** Stops the machine: it takes no processor time and notices nothing. */
  async park(): Promise<void> {
    await this.qmp.ask("stop");
    this.agent.rest(true);
  }

  /** Lets a stopped machine go on. */
  async unpark(): Promise<void> {
    this.agent.rest(false);
    await this.qmp.ask("cont");
  }

  /** Lets the guest's daemons through to the machine's private channel. */
  connect(place: MachinePlace, credential: Buffer, parentLog: Logger): void {
    const target = join(place.socketDir, "hostd.sock");
    const log = parentLog.child({ play: place.play, machine: place.machine.name });
    for (const port of ["examiner", "terminals"])
      this.#relays.push(new GuestRelay(join(this.#sockets, port), target, credential, log));
  }

  /** Lets go of the sockets; the machine runs on. */
  release(): void {
    this.agent.close();
    this.qmp.close();
    for (const relay of this.#relays) relay.close();
  }
}
