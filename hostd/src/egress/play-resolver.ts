import { promises as dns } from "node:dns";
import type { Logger } from "@agon/daemon/log";
import type { Socket as TcpSocket } from "node:net";
import { RCODE, readQuestion, TYPE_A, writeAnswer, type Question } from "./dns-message.ts";
import type { PortPair } from "./namespace-sockets.ts";
import { elements, nft } from "./nft.ts";
import { allowsName, type Policy } from "./policy.ts";
import type { PublicRanges } from "./ranges.ts";

/** Questions of one play that are worked on at the same time; more are refused for now. */
const MAX_OPEN = 32;
/** Connections by TCP, and milliseconds that one may be silent. */
const MAX_STREAMS = 16;
const STREAM_IDLE = 5_000;
/** Names whose addresses are remembered. */
const MAX_NAMES = 512;
/** Seconds that an answer may be kept by machines, shortest and longest. */
const TTL: [number, number] = [5, 300];
/** Seconds that an address stays open after its answer ran out: programs hold on to them. */
const GRACE = 120;

interface Known {
  addresses: string[];
  /** Of performance.now(). */
  until: number;
}

/** What a play's resolver needs to know. */
export interface ResolverOptions {
  space: string;
  policy: Policy;
  names: string[];
  ranges: PublicRanges;
  /** Asks upstream. Machines' own messages never leave: only a name does. */
  upstream: Pick<dns.Resolver, "resolve4">;
  log: Logger;
}

/**
 * The name server of one play, at its gateways. It tells IPv4 addresses of allowed names, never one
 * that is not public, and before it does it opens the play's firewall for them.
 */
export class PlayResolver implements Disposable {
  readonly #sockets: PortPair;
  readonly #options: ResolverOptions;
  readonly #known = new Map<string, Known>();
  readonly #streams = new Set<TcpSocket>();
  #open = 0;

  constructor(sockets: PortPair, options: ResolverOptions) {
    this.#sockets = sockets;
    this.#options = options;
    const { udp, tcp } = sockets;
    const say = (error: unknown) => options.log.debug({ err: error }, "a name server's socket");
    udp.on("error", say);
    tcp.on("error", say);
    udp.on("message", (message, { port, address }) => {
      void this.#answer(message).then((answer) => {
        if (answer && !this.#closed) udp.send(answer, port, address, () => undefined);
      });
    });
    tcp.on("connection", (stream) => this.#serve(stream));
  }
  #closed = false;

  #serve(stream: TcpSocket): void {
    stream.on("error", () => undefined);
    if (this.#streams.size >= MAX_STREAMS) return void stream.destroy();
    this.#streams.add(stream);
    stream.on("close", () => this.#streams.delete(stream));
    stream.setTimeout(STREAM_IDLE, () => stream.destroy());
    let rest: Buffer = Buffer.alloc(0);
    stream.on("data", (part: Buffer) => {
      rest = Buffer.concat([rest, part]);
      while (rest.length >= 2 && rest.length >= 2 + rest.readUInt16BE(0)) {
        const size = rest.readUInt16BE(0);
        const message = rest.subarray(2, 2 + size);
        rest = rest.subarray(2 + size);
        void this.#answer(message).then((answer) => {
          if (!answer) return stream.destroy();
          const length = Buffer.alloc(2);
          length.writeUInt16BE(answer.length);
          if (stream.writable) stream.write(Buffer.concat([length, answer]));
          return undefined;
        });
      }
      // No question is that long.
      if (rest.length > 1_024) stream.destroy();
    });
  }

  async #answer(message: Buffer): Promise<Buffer | undefined> {
    const question = readQuestion(message);
    if (!question) return undefined;
    const { policy, names, log } = this.#options;
    if (policy === "allow" && !allowsName(names, question.name))
      return writeAnswer(question, RCODE.refused);
    // Other records would lead nowhere (there is no IPv6) or need no connection: none of them is told.
    if (question.type !== TYPE_A) return writeAnswer(question, RCODE.ok);
    if (this.#open >= MAX_OPEN) return writeAnswer(question, RCODE.failed);
    this.#open++;
    try {
      return await this.#addresses(question);
    } catch (error) {
      const code = (error as { code?: string }).code;
      if (code === "ENOTFOUND") return writeAnswer(question, RCODE.noName);
      if (code === "ENODATA") return writeAnswer(question, RCODE.ok);
      log.warn({ err: error, name: question.name }, "a name could not be resolved");
      return writeAnswer(question, RCODE.failed);
    } finally {
      this.#open--;
    }
  }

  async #addresses(question: Question): Promise<Buffer> {
    const { name } = question;
    const now = performance.now();
    let known = this.#known.get(name);
    if (!known || known.until <= now) {
      const found = await this.#options.upstream.resolve4(name, { ttl: true });
      const least = Math.min(...found.map(({ ttl }) => ttl));
      const seconds = Math.max(TTL[0], Math.min(TTL[1], least));
      const addresses = found
        .map(({ address }) => address)
        .filter((address) => this.#options.ranges.has(address));
      await this.#letThrough(addresses, seconds + GRACE);
      known = { addresses, until: now + seconds * 1_000 };
      this.#remember(name, known);
    }
    const left = Math.max(1, Math.ceil((known.until - now) / 1_000));
    return writeAnswer(question, RCODE.ok, known.addresses, left);
  }

  #remember(name: string, known: Known): void {
    this.#known.delete(name);
    this.#known.set(name, known);
    const oldest = this.#known.keys().next().value;
    if (this.#known.size > MAX_NAMES && oldest !== undefined) this.#known.delete(oldest);
  }

  /** Opens the firewall for addresses. One that is open already stays so for the new time. */
  async #letThrough(addresses: string[], seconds: number): Promise<void> {
    const { policy, space } = this.#options;
    if (policy !== "allow" || addresses.length === 0) return;
    const list = addresses.map((address) => `${address} timeout ${seconds}s`);
    // The kernel keeps the old time of an element that is added again.
    const gone = elements("allowed", addresses).replace("add", "delete");
    await nft(space, elements("allowed", addresses) + gone + elements("allowed", list));
  }

  [Symbol.dispose](): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#sockets.udp.close();
    this.#sockets.tcp.close();
    for (const stream of this.#streams) stream.destroy();
  }
}
