import { randomBytes } from "node:crypto";
import type { WebSocket } from "ws";
import type { TerminalsHello, TerminalsMessage } from "@agon/protocol/machine";
import type { OpenShell } from "./driver.ts";
import type { Tell } from "./session-input.ts";
import { control, IN, parseSize } from "./terminal-frames.ts";
import { Session, type Client } from "./terminal-session.ts";

/** Terminals of one machine; above it the one that was left longest ago is closed. */
const MAX_TERMINALS = 24;
/** Milliseconds that a machine may take to come up before a waiting terminal gives up. */
const BOOT = 120_000;
/** Milliseconds that a new terminal waits for the size of its window. */
const SIZE = 150;
/** Bytes of input that wait for a machine to come up. */
const EARLY_INPUT = 1_048_576;
const PING = 15_000;

/** The terminals of one machine: sessions of its holder, and the sockets that look at them. */
export class MachineTerminals {
  readonly #machine: string;
  readonly #tell: Tell;
  readonly #changed: () => void;
  readonly #sessions = new Map<string, Session>();
  readonly #waiting = new Set<() => void>();
  readonly #sockets = new Set<WebSocket>();
  /** The machine's first shell: known before it is open, and taken by the first client who comes without a session. */
  #spare: { id: string; user: string; taken: boolean; begun: boolean } | undefined;
  /** A session that nobody is to see. */
  #refused = "";
  #there = false;
  #state = "";

  /** @param changed called when a client came or left. */
  constructor(machine: string, tell: Tell, changed: () => void) {
    this.#machine = machine;
    this.#tell = tell;
    this.#changed = changed;
  }

  /** Sockets that are open now. */
  get open(): number {
    return this.#sockets.size;
  }

  /** Handles what the holder says. */
  message(message: NonNullable<TerminalsMessage["message"]>): void {
    if (message.$case === "hello") return this.#hello(message.value);
    const session = this.#sessions.get(message.value.session);
    if (!session) return;
    if (message.$case === "output") session.output(message.value);
    else this.#ended(session, message.value.code);
  }

  #ended(session: Session, code: number): void {
    this.#sessions.delete(session.key);
    session.exit(code);
  }

  #hello({ sessions }: TerminalsHello): void {
    const live = new Set(sessions.map(({ session }) => session));
    // What the holder does not know any more ended with the machine or with the holder.
    for (const session of this.#sessions.values())
      if (session.opened && !live.has(session.key)) this.#ended(session, 255);
    for (const { session: key, exec, input } of sessions) {
      let session = this.#sessions.get(key);
      if (!session) {
        // The client of an exec is gone with the last hostd, and nobody can attach to it.
        if (exec || key === this.#refused) {
          this.#tell({ $case: "close", value: { session: key } });
          continue;
        }
        session = new Session(key.slice(0, key.lastIndexOf("~")), key, exec, this.#tell);
        session.opened = true;
        this.#sessions.set(key, session);
      } else {
        // Its client may have changed its size while the holder was away.
        const { rows, cols } = session.size();
        session.resize(rows, cols);
      }
      const whole = session.input.resume(input);
      // Its client is gone, or a part of what it was sent is: it would wait for that for ever.
      if (exec && (!whole || session.clients.size === 0)) {
        this.#tell({ $case: "close", value: { session: key } });
        this.#ended(session, 255);
        continue;
      }
      this.#tell({ $case: "replay", value: { session: key, offset: session.received } });
    }
    this.#there = true;
    for (const go of this.#waiting) go();
  }

  /** The machine changed its state: clients are told; a stopped one has no holder. */
  machineState(state: string): void {
    this.#state = state;
    if (state !== "RUNNING") this.#there = false;
    for (const socket of this.#sockets) socket.send(control({ type: "machine", state }));
    if (state === "REBOOTING" || state === "FAILED")
      for (const session of this.#sessions.values()) if (session.opened) this.#ended(session, 255);
  }

  /**
   * Opens a shell before anybody asks for one: its start is most of what a learner would wait for.
   * Only for a machine that is as new as it should be: a shell keeps the groups and settings that it
   * began with.
   */
  prepare(user: string): void {
    if (this.#sessions.size > 0) return;
    if (this.#spare && (this.#spare.begun || this.#spare.user !== user)) return;
    this.#spare ??= { id: randomBytes(8).toString("hex"), user, taken: false, begun: false };
    this.#spare.begun = true;
    this.#begin(this.#spare.id, false, user, { rows: 24, cols: 80 });
  }

  /** A shell is open in the machine before the machine is there: the first client gets it, and sees it at once. */
  adopt({ key, user, written }: OpenShell): void {
    const session = new Session(key.slice(0, key.lastIndexOf("~")), key, false, this.#tell);
    session.opened = true;
    this.#sessions.set(key, session);
    session.output({ session: key, fd: 1, data: written, offset: 0 });
    this.#spare = { id: session.id, user, taken: false, begun: true };
  }

  /** A shell is open in the machine that is not as one that began now: it is closed. */
  refuse(key: string): void {
    this.#refused = key;
  }

  /** Name of the machine's first shell, once: of one that waits, or that will be opened. */
  takeSpare(user: string): string | undefined {
    if (!this.#spare && !this.#there && this.#sessions.size === 0)
      this.#spare = { id: randomBytes(8).toString("hex"), user, taken: false, begun: false };
    const spare = this.#spare;
    if (!spare || spare.taken || spare.user !== user) return undefined;
    // It may have ended meanwhile.
    if (spare.begun && !this.#find(spare.id)) return undefined;
    spare.taken = true;
    return spare.id;
  }

  /** Has the holder open a session. */
  #begin(
    id: string,
    exec: boolean,
    user: string,
    size: { rows: number; cols: number },
    attach: (session: Session) => void = () => undefined,
  ): Session {
    const key = `${id}~${randomBytes(4).toString("hex")}`;
    const session = new Session(id, key, exec, this.#tell);
    this.#sessions.set(key, session);
    session.resize(size.rows, size.cols);
    attach(session);
    session.opened = true;
    this.#tell({
      $case: "open",
      value: { session: key, exec, user, ...session.size() },
    });
    return session;
  }

  /** The holder dialled: it may hold sessions of an earlier hostd. */
  async #holder(socket: WebSocket): Promise<boolean> {
    if (this.#there) return true;
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        socket.off("close", done);
        resolve(this.#there);
      };
      const timer = setTimeout(done, BOOT);
      this.#waiting.add(done);
      socket.on("close", done);
    });
  }

  /** Connects a socket to a session: the one of that name, or a new one. */
  async serve(
    socket: WebSocket,
    slot: { user: string; exec: boolean; session: string },
  ): Promise<void> {
    let session: Session | undefined;
    let client: Client | undefined;
    let early: (() => void)[] | undefined = [];
    let earlyBytes = 0;
    const sized = Promise.withResolvers<void>();
    const size = { rows: 24, cols: 80 };
    let isSized = false;
    this.#sockets.add(socket);
    this.#changed();
    // A client that vanished without a word is found by its missing pongs.
    let alive = true;
    const pinger = setInterval(() => {
      if (!alive) socket.terminate();
      alive = false;
      socket.ping();
    }, PING);
    socket.on("pong", () => (alive = true));
    socket.on("error", () => socket.terminate());
    socket.on("close", () => {
      clearInterval(pinger);
      sized.resolve();
      this.#sockets.delete(socket);
      if (session && client) {
        session.clients.delete(client);
        session.leftAt = performance.now();
        session.flow();
        if (session.exec && session.exitCode === undefined)
          this.#tell({ $case: "close", value: { session: session.key } });
      }
      this.#changed();
    });
    socket.on("message", (raw: Buffer) => {
      alive = true;
      const body = raw.subarray(1);
      switch (raw[0]) {
        case IN.data:
        case IN.eof: {
          const eof = raw[0] === IN.eof;
          const data = eof ? Buffer.alloc(0) : Buffer.from(body);
          const act = () => session?.input.write(data, eof);
          if (!early) act();
          else if ((earlyBytes += data.length) > EARLY_INPUT) socket.close(1009, "too much input");
          else early.push(act);
          break;
        }
        case IN.resize: {
          const wanted = parseSize(body);
          if (!wanted) break;
          Object.assign(size, wanted);
          isSized = true;
          sized.resolve();
          session?.resize(wanted.rows, wanted.cols);
          break;
        }
        case IN.ack:
          if (client && body.length >= 4) {
            client.open = Math.max(0, client.open - body.readUInt32BE());
            session?.flow();
          }
          break;
        default:
      }
    });
    socket.send(control({ type: "machine", state: this.#state }));
    const ready = () =>
      socket.send(control({ type: "ready", session: slot.session, machine: this.#machine }));
    const show = (known: Session) => {
      ready();
      client = known.attach(socket);
      if (isSized) known.resize(size.rows, size.cols);
    };
    // A shell that is known is shown before its machine is there; what is typed waits for that.
    session = slot.exec ? undefined : this.#find(slot.session);
    if (session) show(session);
    if (!(await this.#holder(socket))) return socket.close(1013, "the machine is not up");
    if (!session) {
      if (!slot.exec && !this.#find(slot.session)) await Promise.race([sized.promise, wait(SIZE)]);
      if (socket.readyState !== socket.OPEN) return;
      // Another tab may have opened the same name meanwhile.
      session = slot.exec ? undefined : this.#find(slot.session);
      if (session) show(session);
      else {
        ready();
        this.#makeRoom();
        session = this.#begin(slot.session, slot.exec, slot.user, size, (begun) => {
          client = begun.attach(socket);
        });
      }
    }
    for (const act of early) act();
    early = undefined;
  }

  #find(id: string): Session | undefined {
    return [...this.#sessions.values()].find((session) => !session.exec && session.id === id);
  }

  #makeRoom(): void {
    const left = [...this.#sessions.values()]
      .filter((session) => !session.exec)
      .sort((a, b) => a.leftAt - b.leftAt);
    if (left.length < MAX_TERMINALS) return;
    const oldest = left.find((session) => session.clients.size === 0);
    if (!oldest) return;
    this.#tell({ $case: "close", value: { session: oldest.key } });
    this.#ended(oldest, 129);
  }

  /** Ends every socket: the play goes away, or hostd stops. */
  close(reason: string): void {
    for (const socket of this.#sockets) socket.close(1001, reason);
  }
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
