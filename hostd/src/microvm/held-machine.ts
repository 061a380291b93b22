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
  readonly #sockets: string;
  readonly #relays: GuestRelay[] = [];

  /** @param sockets folder of the sockets that QEMU made. */
  constructor(sockets: string, qmp: Qmp) {
    this.qmp = qmp;
    this.agent = new GuestAgent(join(sockets, "guest"));
    this.#sockets = sockets;
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
