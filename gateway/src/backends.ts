import { connect } from "node:net";

/** Processes of one kind behind the gateway; those that do not accept a connection are left out. */
export class Backends {
  readonly #urls: string[];
  readonly #alive: Set<string>;
  #next = 0;

  constructor(urls: string[]) {
    this.#urls = urls;
    this.#alive = new Set(urls);
    setInterval(() => void this.#probe(), 500).unref();
  }

  async #probe(): Promise<void> {
    for (const url of this.#urls) {
      const { hostname, port } = new URL(url);
      await new Promise<void>((resolve) => {
        const socket = connect(Number(port), hostname);
        const done = (up: boolean) => {
          if (up) this.#alive.add(url);
          else this.#alive.delete(url);
          socket.destroy();
          resolve();
        };
        socket.setTimeout(1000, () => done(true)); // slow is not dead
        socket.once("connect", () => done(true)).once("error", () => done(false));
      });
    }
  }

  /** The next living process in turn; any when none lives, so that the caller sees its error. */
  pick(): string {
    const living = this.#urls.filter((url) => this.#alive.has(url));
    const among = living.length ? living : this.#urls;
    return among[this.#next++ % among.length]!;
  }

  /** A connection to it was refused: left out until a probe reaches it again. */
  failed(url: string): void {
    this.#alive.delete(url);
  }
}
