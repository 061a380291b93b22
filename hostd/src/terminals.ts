import type { ServerDuplexStream } from "@grpc/grpc-js";
import serialize from "@xterm/addon-serialize";
import headless from "@xterm/headless";
import type { WebSocket } from "ws";
import type { TerminalsCommand, TerminalsMessage } from "@agon/protocol/machine";

/** Bytes that a client may owe before the holder is told to wait. */
const CLIENT_OWES = 524_288;
const SCROLLBACK = 2_000;
/** Milliseconds that a command waits for the holder to be there. */
const HOLDER_WAIT = 15_000;

type Stream = ServerDuplexStream<TerminalsMessage, TerminalsCommand>;

interface Client {
  socket: WebSocket;
  owes: number;
}

interface Session {
  id: string;
  exec: boolean;
  seen: number;
  held: number;
  clients: Set<Client>;
  screen?: headless.Terminal;
  addon?: serialize.SerializeAddon;
}

const frame = (type: number, body: Uint8Array | string) =>
  Buffer.concat([Buffer.of(type), typeof body === "string" ? Buffer.from(body) : body]);
const control = (value: object) => frame(2, JSON.stringify(value));

/** Terminals and execs of one machine: between its holder process and browsers. */
export class MachineTerminals {
  readonly #machine: string;
  readonly #onSign: () => void;
  readonly #sessions = new Map<string, Session>();
  readonly #waiting = new Set<() => void>();
  #stream: Stream | undefined;

  constructor(machine: string, onSign: () => void) {
    this.#machine = machine;
    this.#onSign = onSign;
  }

  /** Sockets that are open now. */
  get clients(): number {
    return [...this.#sessions.values()].reduce((sum, session) => sum + session.clients.size, 0);
  }

  #session(id: string, exec: boolean): Session {
    const session: Session = { id, exec, seen: 0, held: 0, clients: new Set() };
    if (!exec) {
      session.screen = new headless.Terminal({
        rows: 24,
        cols: 80,
        scrollback: SCROLLBACK,
        allowProposedApi: true,
      });
      session.addon = new serialize.SerializeAddon();
      session.screen.loadAddon(session.addon as unknown as headless.ITerminalAddon);
    }
    this.#sessions.set(id, session);
    return session;
  }

  /** The holder dialled. Sessions that outlived a restart of hostd are taken over with their screens. */
  connected(stream: Stream): void {
    this.#stream = stream;
    stream.on("data", ({ message }) => {
      switch (message?.$case) {
        case "hello":
          for (const known of message.value.sessions) {
            const session =
              this.#sessions.get(known.session) ?? this.#session(known.session, known.exec);
            this.#command({
              $case: "replay",
              value: { session: session.id, offset: session.seen },
            });
          }
          for (const wake of this.#waiting) wake();
          break;
        case "output":
          this.#output(
            message.value.session,
            message.value.fd,
            Buffer.from(message.value.data),
            message.value.offset,
          );
          break;
        case "exit":
          this.#exit(message.value.session, message.value.code);
          break;
        default:
      }
    });
    const gone = () => {
      if (this.#stream === stream) this.#stream = undefined;
    };
    stream.on("error", gone);
    stream.on("cancelled", gone);
    stream.on("end", () => {
      gone();
      stream.end();
    });
  }

  #command(command: TerminalsCommand["command"]): void {
    if (this.#stream?.writable) this.#stream.write({ command });
  }

  async #holder(): Promise<boolean> {
    const until = Date.now() + HOLDER_WAIT;
    while (!this.#stream && Date.now() < until) {
      await new Promise<void>((resolve) => {
        const done = () => {
          clearTimeout(timer);
          this.#waiting.delete(done);
          resolve();
        };
        const timer = setTimeout(done, 500);
        this.#waiting.add(done);
      });
    }
    return this.#stream !== undefined;
  }

  #output(id: string, fd: number, data: Buffer, offset: number): void {
    const session = this.#sessions.get(id);
    if (!session || offset + data.length <= session.seen) return;
    const fresh = data.subarray(Math.max(0, session.seen - offset));
    session.seen = offset + data.length;
    const deliver = () => {
      for (const client of session.clients) {
        client.owes += fresh.length;
        client.socket.send(frame(fd === 2 ? 1 : 0, fresh));
      }
      this.#release(session);
    };
    // The screen first: who attaches in between gets these bytes with it, and not a second time.
    if (session.screen) session.screen.write(fresh, deliver);
    else deliver();
  }

  /** Acknowledges to the holder what no client owes any more. */
  #release(session: Session): void {
    const worst = Math.max(0, ...[...session.clients].map((client) => client.owes));
    if (worst > CLIENT_OWES || session.held >= session.seen) return;
    session.held = session.seen;
    this.#command({ $case: "ack", value: { session: session.id, offset: session.seen } });
  }

  #exit(id: string, code: number): void {
    const session = this.#sessions.get(id);
    if (!session) return;
    const tell = () => {
      for (const { socket } of session.clients) {
        socket.send(control({ type: "exit", code }));
        socket.close(1000, "exit");
      }
      session.screen?.dispose();
      this.#sessions.delete(id);
    };
    if (session.screen) session.screen.write("", tell);
    else tell();
  }

  /** Attaches a socket to a session, which is opened when it is new. */
  async attach(socket: WebSocket, id: string, exec: boolean, user: string): Promise<void> {
    const early: Buffer[] = [];
    const collect = (raw: Buffer) => void (early.length < 64 && early.push(raw));
    socket.on("message", collect);
    if (!(await this.#holder())) {
      socket.close(1013, "the machine does not answer");
      return;
    }
    let session = this.#sessions.get(id);
    if (!session) {
      session = this.#session(id, exec);
      this.#command({ $case: "open", value: { session: id, exec, user, rows: 24, cols: 80 } });
    }
    const client: Client = { socket, owes: 0 };
    socket.send(control({ type: "ready", session: id, machine: this.#machine }));
    const screen = session.addon?.serialize({ scrollback: SCROLLBACK }) ?? "";
    if (screen) {
      client.owes += Buffer.byteLength(screen);
      socket.send(frame(0, screen));
    }
    session.clients.add(client);
    this.#onSign();
    const known = session;
    const take = (raw: Buffer) => this.#frame(known, client, raw);
    socket.off("message", collect);
    socket.on("message", take);
    for (const raw of early) take(raw);
    socket.on("close", () => {
      known.clients.delete(client);
      this.#onSign();
      if (exec) this.#command({ $case: "close", value: { session: id } });
      else this.#release(known);
    });
  }

  #frame(session: Session, client: Client, raw: Buffer): void {
    const body = raw.subarray(1);
    switch (raw[0]) {
      case 0:
        this.#command({
          $case: "input",
          value: { session: session.id, data: Buffer.from(body), eof: false },
        });
        this.#onSign();
        break;
      case 1: {
        const size = parseSize(body);
        if (!size) return;
        session.screen?.resize(size.cols, size.rows);
        this.#command({ $case: "resize", value: { session: session.id, ...size } });
        break;
      }
      case 2:
        if (body.length >= 4) client.owes = Math.max(0, client.owes - body.readUInt32BE(0));
        this.#release(session);
        break;
      case 3:
        this.#command({
          $case: "input",
          value: { session: session.id, data: Buffer.alloc(0), eof: true },
        });
        break;
      default:
    }
  }

  /** Ends every socket; the shells go on in the machine. */
  close(reason: string): void {
    for (const session of this.#sessions.values()) {
      for (const { socket } of session.clients) socket.close(1001, reason);
      session.screen?.dispose();
    }
    this.#sessions.clear();
  }
}

function parseSize(body: Buffer): { rows: number; cols: number } | undefined {
  try {
    const { rows, cols } = JSON.parse(body.toString("utf8")) as { rows: number; cols: number };
    const fits = (value: number) => Number.isInteger(value) && value >= 2 && value <= 1000;
    return fits(rows) && fits(cols) ? { rows, cols } : undefined;
  } catch {
    return undefined;
  }
}
