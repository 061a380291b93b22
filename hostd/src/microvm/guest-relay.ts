import { timingSafeEqual } from "node:crypto";
import { connect, type Socket } from "node:net";
import type { Logger } from "@agon/daemon/log";
import { BODY, GuestLink } from "./guest-link.ts";

const OPEN = 1;
const DATA = 2;
const CLOSE = 3;

/**
 * Carries the connections that a daemon in the machine makes on one of its sockets to the socket
 * of the machine's private channel on the host. A guest that does not show the machine's
 * credential (a clone whose identity was not renewed) is not served.
 */
export class GuestRelay {
  readonly #link: GuestLink;
  readonly #target: string;
  readonly #sessions = new Map<number, Socket>();
  #trusted = false;
  #closed = false;

  constructor(port: string, target: string, credential: Buffer, log: Logger) {
    this.#target = target;
    this.#link = new GuestLink(port, {
      begun: (shown) => {
        this.#trusted = timingSafeEqual(shown, credential);
        if (!this.#trusted) log.warn({ port }, "the guest shows another credential");
      },
      frame: (type, session, body) => this.#frame(type, session, body),
      lost: () => {
        if (!this.#closed)
          log.info({ port, under: this.#sessions.size }, "the guest was lost; dialling again");
        for (const socket of this.#sessions.values()) socket.destroy();
        this.#sessions.clear();
      },
      drained: () => {
        for (const socket of this.#sessions.values()) socket.resume();
      },
    });
  }

  #frame(type: number, session: number, body: Buffer): void {
    const known = this.#sessions.get(session);
    if (type === OPEN && this.#trusted) {
      known?.destroy();
      this.#open(session);
    } else if (type === DATA && known) {
      if (known.write(Buffer.from(body))) return;
      this.#link.pause();
      known.once("drain", () => this.#link.resume());
    } else if (type === CLOSE) known?.end();
  }

  #open(session: number): void {
    const socket = connect(this.#target);
    this.#sessions.set(session, socket);
    socket.on("data", (data: Buffer) => {
      let more = true;
      for (let at = 0; at < data.length; at += BODY)
        more = this.#link.send(DATA, session, data.subarray(at, at + BODY));
      if (!more) socket.pause();
    });
    socket.on("error", () => undefined);
    socket.on("close", () => {
      this.#link.resume();
      if (this.#sessions.get(session) !== socket) return;
      this.#sessions.delete(session);
      this.#link.send(CLOSE, session);
    });
  }

  close(): void {
    this.#closed = true;
    this.#link.close();
    for (const socket of this.#sessions.values()) socket.destroy();
  }
}
