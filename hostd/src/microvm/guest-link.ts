import { randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";

/** The first bytes of a connection in both directions (guest/agon-guest.c). */
const MAGIC = Buffer.from([0xa6, ...Buffer.from("AGON-PORT-1"), 0x0d, 0x0a, 0x1a, 0x5e]);
const NONCE = 16;
const CREDENTIAL = 32;
const HEAD = 8;
/** Bytes of a frame's body at most. */
export const BODY = 16_384;
const PING = 4;
/**
 * Milliseconds between pings, and pings without an answer until the connection is made anew. They are
 * counted: a host that stood still itself heard nothing meanwhile.
 */
const PING_EVERY = 10_000;
const UNANSWERED = 6;
const REDIAL = 100;
/** Milliseconds without an answer to a beginning until it is made anew. */
const BEGIN = 5_000;

/** What happens on a link. */
export interface LinkOwner {
  /** Both sides begin anew; the guest showed this credential. */
  begun(credential: Buffer): void;
  frame(type: number, session: number, body: Buffer): void;
  /** Nothing that was under way will be answered. */
  lost(): void;
  /** More may be sent after {@link GuestLink.send} said no. */
  drained?(): void;
}

/**
 * One virtio-serial port of a machine, dialled on QEMU's socket again and again until it is closed.
 * Frames arrive whole; what an earlier connection left in the port is dropped.
 */
export class GuestLink {
  #path: string;
  readonly #owner: LinkOwner;
  #socket: Socket | undefined;
  #nonce = Buffer.alloc(0);
  #rest: Buffer = Buffer.alloc(0);
  #begun = false;
  #unanswered = 0;
  #stopped = false;
  #resting = false;
  #redial: NodeJS.Timeout | undefined;
  #late: NodeJS.Timeout | undefined;
  readonly #pinger: NodeJS.Timeout;

  constructor(path: string, owner: LinkOwner) {
    this.#path = path;
    this.#owner = owner;
    this.#pinger = setInterval(() => this.#ping(), PING_EVERY);
    this.#dial();
  }

  #dial(): void {
    this.#nonce = randomBytes(NONCE);
    this.#rest = Buffer.alloc(0);
    const socket = connect(this.#path);
    this.#socket = socket;
    socket.on("connect", () => {
      this.#unanswered = 0;
      socket.write(Buffer.concat([MAGIC, this.#nonce]));
      this.#late = setTimeout(() => socket.destroy(), BEGIN);
    });
    socket.on("data", (part: Buffer) => this.#take(part));
    socket.on("drain", () => this.#owner.drained?.());
    socket.on("error", () => undefined);
    socket.on("close", () => {
      clearTimeout(this.#late);
      if (this.#begun) this.#owner.lost();
      this.#begun = false;
      if (!this.#stopped) this.#redial = setTimeout(() => this.#dial(), REDIAL);
    });
  }

  /** The guest is stopped, or goes on: a stopped one is not asked whether it is there. */
  rest(on: boolean): void {
    this.#resting = on;
    this.#unanswered = 0;
  }

  #ping(): void {
    if (!this.#begun || this.#resting) return;
    if (this.#unanswered++ < UNANSWERED) this.send(PING, 0);
    else this.#socket?.destroy();
  }

  #take(part: Buffer): void {
    this.#unanswered = 0;
    let bytes = this.#rest.length ? Buffer.concat([this.#rest, part]) : part;
    if (!this.#begun) {
      const hello = Buffer.concat([MAGIC, this.#nonce]);
      const at = bytes.indexOf(hello);
      if (at < 0 || bytes.length < at + hello.length + CREDENTIAL) {
        // Kept as far as it may be the beginning of the answer.
        this.#rest = bytes.subarray(at < 0 ? Math.max(0, bytes.length - hello.length + 1) : at);
        return;
      }
      const from = at + hello.length;
      this.#begun = true;
      clearTimeout(this.#late);
      this.#owner.begun(Buffer.from(bytes.subarray(from, from + CREDENTIAL)));
      bytes = bytes.subarray(from + CREDENTIAL);
    }
    while (bytes.length >= HEAD) {
      const length = bytes.readUInt32LE(4);
      if (length > BODY) {
        // The guest lost the thread: both begin anew.
        this.#socket?.destroy();
        return;
      }
      if (bytes.length < HEAD + length) break;
      const type = bytes[0]!;
      if (type !== PING)
        this.#owner.frame(type, bytes.readUInt16LE(2), bytes.subarray(HEAD, HEAD + length));
      bytes = bytes.subarray(HEAD + length);
    }
    this.#rest = Buffer.from(bytes);
  }

  /** Sends a frame. @returns false when the sender should wait for `drained`. */
  send(type: number, session: number, body: Uint8Array = Buffer.alloc(0)): boolean {
    if (!this.#begun) return true;
    const head = Buffer.alloc(HEAD);
    head[0] = type;
    head.writeUInt16LE(session, 2);
    head.writeUInt32LE(body.length, 4);
    return this.#socket?.write(Buffer.concat([head, body])) ?? true;
  }

  /** The socket's file has another name from now on; the connection stays. */
  moved(path: string): void {
    this.#path = path;
  }

  /** Reads no more until {@link resume}. */
  pause(): void {
    this.#socket?.pause();
  }

  resume(): void {
    this.#socket?.resume();
  }

  close(): void {
    this.#stopped = true;
    clearInterval(this.#pinger);
    clearTimeout(this.#redial);
    clearTimeout(this.#late);
    this.#socket?.destroy();
  }
}
