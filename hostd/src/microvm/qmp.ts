import { connect, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";

/** Milliseconds that QEMU may take to answer a command. */
const ANSWER = 20_000;

interface Reply {
  id?: number;
  return?: unknown;
  error?: { desc: string };
}

/** QEMU's control socket. */
export class Qmp {
  readonly #socket: Socket;
  readonly #asked = new Map<number, PromiseWithResolvers<unknown>>();
  #id = 0;
  /** Resolves when QEMU ended or dropped the connection. */
  readonly closed: Promise<void>;

  private constructor(socket: Socket) {
    this.#socket = socket;
    const gone = Promise.withResolvers<void>();
    this.closed = gone.promise;
    const lines = createInterface({ input: socket });
    lines.on("error", () => undefined);
    lines.on("line", (line) => this.#line(line));
    socket.on("error", () => undefined);
    socket.on("close", () => {
      for (const { reject } of this.#asked.values()) reject(new Error("QEMU ended"));
      this.#asked.clear();
      gone.resolve();
    });
  }

  /** Connects as soon as the socket is there. @throws Error after `ms`, or as soon as `dead` says that there is nobody to wait for. */
  static async connect(path: string, ms: number, dead: () => boolean): Promise<Qmp> {
    const end = performance.now() + ms;
    for (;;) {
      const socket = connect(path);
      const there = await new Promise<boolean>((resolve) => {
        socket.once("connect", () => resolve(true));
        socket.once("error", () => resolve(false));
      });
      if (there) {
        const qmp = new Qmp(socket);
        await qmp.ask("qmp_capabilities");
        return qmp;
      }
      if (dead()) throw new Error("QEMU ended right after its start");
      if (performance.now() > end) throw new Error("QEMU does not answer on its control socket");
      await pause(5);
    }
  }

  #line(line: string): void {
    let reply: Reply;
    try {
      reply = JSON.parse(line) as Reply;
    } catch {
      return;
    }
    const asked = this.#asked.get(reply.id ?? -1);
    if (!asked) return;
    this.#asked.delete(reply.id!);
    if (reply.error) asked.reject(new Error(`QEMU: ${reply.error.desc}`));
    else asked.resolve(reply.return);
  }

  /** Runs one command. @throws Error with QEMU's words. */
  async ask<Answer = unknown>(command: string, args: object = {}): Promise<Answer> {
    // Before it waits among the others: whom `close` still fails must be waited for.
    if (this.#socket.destroyed) throw new Error("QEMU ended");
    const id = ++this.#id;
    const asked = Promise.withResolvers<unknown>();
    this.#asked.set(id, asked);
    this.#socket.write(`${JSON.stringify({ execute: command, arguments: args, id })}\n`);
    const timer = setTimeout(
      () => asked.reject(new Error(`QEMU did not answer ${command}`)),
      ANSWER,
    );
    try {
      return (await asked.promise) as Answer;
    } finally {
      clearTimeout(timer);
      this.#asked.delete(id);
    }
  }

  /** Lets go of QEMU, which runs on. */
  close(): void {
    this.#socket.destroy();
  }
}
