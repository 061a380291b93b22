import serialize from "@xterm/addon-serialize";
import xterm from "@xterm/headless";
import type { WebSocket } from "ws";
import type { SessionOutput } from "@agon/protocol/machine";
import { SessionInput, type Tell } from "./session-input.ts";
import { control, frame, OUT } from "./terminal-frames.ts";

/** Bytes that a client may leave unacknowledged before the shell is not read any more. */
const WINDOW = 524_288;
/** Lines kept above the screen for who attaches again. */
const SCROLLBACK = 2_000;

/** One browser or bot on a session. */
export interface Client {
  socket: WebSocket;
  /** Bytes sent and not acknowledged. */
  open: number;
  /** While the screen is being prepared, output waits here. */
  waiting: Buffer[] | undefined;
}

/** A shell or exec in a machine, with its screen as it is now and the clients that look at it. */
export class Session {
  /** The browser's name of it, and the holder's one: unique, since a closed name may come back. */
  readonly id: string;
  readonly key: string;
  readonly exec: boolean;
  readonly clients = new Set<Client>();
  readonly input: SessionInput;
  readonly #tell: Tell;
  readonly #screen: xterm.Terminal | undefined;
  readonly #serializer = new serialize.SerializeAddon();
  #received = 0;
  #parsed = 0;
  #acked = 0;
  leftAt = performance.now();
  /** Known to the holder. */
  opened = false;
  exitCode: number | undefined;

  constructor(id: string, key: string, exec: boolean, tell: Tell) {
    this.id = id;
    this.key = key;
    this.exec = exec;
    this.#tell = tell;
    this.input = new SessionInput(key, tell);
    if (!exec) {
      this.#screen = new xterm.Terminal({
        rows: 24,
        cols: 80,
        scrollback: SCROLLBACK,
        allowProposedApi: true,
      });
      // The addon is typed for the browser's terminal; it runs on the headless one as well.
      this.#screen.loadAddon(this.#serializer as unknown as xterm.ITerminalAddon);
    }
  }

  /** Bytes of output that arrived. */
  get received(): number {
    return this.#received;
  }

  output({ fd, data, offset }: SessionOutput): void {
    const known = this.#received - offset;
    if (known >= data.length && data.length > 0) return;
    const fresh = known > 0 ? Buffer.from(data).subarray(known) : Buffer.from(data);
    // A gap (the holder keeps only the last 256 KiB) can't be filled: go on after it.
    this.#received = offset + data.length;
    const end = this.#received;
    if (this.#screen)
      this.#screen.write(fresh, () => {
        this.#parsed = end;
        this.flow();
      });
    else this.#parsed = end;
    const message = frame(fd === 2 ? OUT.stderr : OUT.stdout, fresh);
    for (const client of this.clients) this.#send(client, message);
    this.flow();
  }

  #send(client: Client, message: Buffer): void {
    client.open += message.length - 1;
    if (client.waiting) client.waiting.push(message);
    else client.socket.send(message);
  }

  /** Lets the holder go on reading unless a client is behind. */
  flow(): void {
    for (const client of this.clients) if (client.open > WINDOW) return;
    if (this.#parsed <= this.#acked) return;
    this.#acked = this.#parsed;
    this.#tell({ $case: "ack", value: { session: this.key, offset: this.#acked } });
  }

  /** Shows a client the screen as it is, then everything that comes after. */
  attach(socket: WebSocket): Client {
    const client: Client = { socket, open: 0, waiting: [] };
    this.clients.add(client);
    const go = (screen: string) => {
      const waiting = client.waiting ?? [];
      client.waiting = undefined;
      if (screen) {
        const message = frame(OUT.stdout, Buffer.from(screen));
        client.open += message.length - 1;
        socket.send(message);
      }
      for (const message of waiting) socket.send(message);
      if (this.exitCode !== undefined) this.#tellExit(client);
    };
    // Everything written before this call is on the screen when the callback comes.
    if (this.#screen && this.#received > 0)
      this.#screen.write("", () => go(this.#serializer.serialize({ scrollback: SCROLLBACK })));
    else go("");
    return client;
  }

  resize(rows: number, cols: number): void {
    this.#screen?.resize(cols, rows);
    if (this.opened) this.#tell({ $case: "resize", value: { session: this.key, rows, cols } });
  }

  size(): { rows: number; cols: number } {
    return { rows: this.#screen?.rows ?? 24, cols: this.#screen?.cols ?? 80 };
  }

  #tellExit(client: Client): void {
    client.socket.send(control({ type: "exit", code: this.exitCode }));
    client.socket.close(1000);
  }

  exit(code: number): void {
    if (this.exitCode !== undefined) return;
    this.exitCode = code;
    for (const client of this.clients) if (!client.waiting) this.#tellExit(client);
    this.#screen?.dispose();
  }
}
