import { createClient } from "graphql-ws";
import { WebSocket } from "ws";
import type { Learner } from "./learner.ts";

/** Mean milliseconds between two lines that are typed in one terminal. */
const TYPED = 8_000;

/**
 * A learner without a browser who keeps a play busy as a page would: a live subscription and an
 * open terminal, in which a line is typed at random moments. So the machine is attended and its
 * checks go round.
 */
export class Company implements AsyncDisposable {
  readonly #sockets: { terminal: WebSocket; updates: { dispose(): void | Promise<void> } };
  #timer: NodeJS.Timeout | undefined;

  private constructor(terminal: WebSocket, updates: { dispose(): void | Promise<void> }) {
    this.#sockets = { terminal, updates };
  }

  /** @throws when the terminal does not open. */
  static async join(endpoint: string, learner: Learner, play: string, machine: string) {
    const { openTerminal } = await learner.ask<{ openTerminal: { url: string } }>(
      "mutation($p: ID!, $m: String!) { openTerminal(play: $p, machine: $m) { url } }",
      { p: play, m: machine },
    );
    const address = (path: string) => new URL(path, endpoint).href.replace(/^http/, "ws");
    const terminal = new WebSocket(address(openTerminal.url), { handshakeTimeout: 20_000 });
    await new Promise<void>((resolve, reject) => {
      terminal.once("open", resolve);
      terminal.once("error", reject);
    });
    terminal.on("error", () => terminal.terminate());
    terminal.on("message", (raw: Buffer) => {
      if (raw[0] !== 0) return;
      const ack = Buffer.alloc(5);
      ack[0] = 2;
      ack.writeUInt32BE(raw.length - 1, 1);
      terminal.send(ack);
    });
    const headers = { cookie: learner.cookie };
    const updates = createClient({
      url: address("/graphql"),
      webSocketImpl: class extends WebSocket {
        constructor(url: string, protocols: string) {
          super(url, protocols, { headers });
        }
      },
    });
    updates.subscribe(
      {
        query:
          "subscription($id: ID!) { play(id: $id) { version task { name state hint } sentAt } }",
        variables: { id: play },
      },
      { next: () => undefined, error: () => undefined, complete: () => undefined },
    );
    const company = new Company(terminal, updates);
    company.type();
    return company;
  }

  /** Types a line now and then, until {@link rest}. */
  type(): void {
    this.rest();
    const next = () => {
      this.#timer = setTimeout(
        () => {
          this.#sockets.terminal.send(
            Buffer.concat([Buffer.of(0), Buffer.from("ls -l ~ | wc -l\n")]),
          );
          next();
        },
        Math.random() * 2 * TYPED,
      );
    };
    next();
  }

  /** Types nothing: each line would wake the examiner, which a measured file has to do alone. */
  rest(): void {
    clearTimeout(this.#timer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.rest();
    await this.#sockets.updates.dispose();
    this.#sockets.terminal.terminate();
  }
}
