import { lookup } from "node:dns";
import { request as http, type IncomingMessage } from "node:http";
import { request as https } from "node:https";
import { isIP, type LookupFunction, type Socket } from "node:net";
import { TLSSocket } from "node:tls";
import type { PublicRanges } from "../egress/ranges.ts";

/** Bytes of one file, redirects, and milliseconds for all of it, at most. */
export const MAX_BYTES = 16 * 2 ** 20;
const MAX_REDIRECTS = 5;
const PATIENCE = 120_000;

/** A file can't be had, and asking again would not help. */
export class Unfetchable extends Error {
  override readonly name = "Unfetchable";
}

/** Where files may come from. */
export interface FetchRules {
  /** Addresses that may be asked: never those of this host or of private networks. */
  ranges: PublicRanges;
  /** Origin of the arena, whose public files may be asked for wherever it is; undefined = not known. */
  arena?: string | undefined;
}

/**
 * Fetches a file for an author, whom nobody has to trust: from public addresses alone, by the address that was
 * looked at and no other, and of a bounded size.
 * @throws Unfetchable, or what went wrong on the way.
 */
export async function fetchFile(
  address: string,
  { ranges, arena }: FetchRules,
  signal: AbortSignal,
): Promise<Buffer> {
  const all = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE)]);
  let url = parse(address);
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    const own = arena && url.origin === arena && url.pathname.startsWith("/__static__/");
    const answer = await ask(url, own ? undefined : ranges, all);
    const { statusCode = 0, headers } = answer;
    if ([301, 302, 303, 307, 308].includes(statusCode) && headers.location) {
      answer.destroy();
      const next = parse(new URL(headers.location, url).href);
      if (url.protocol === "https:" && next.protocol === "http:")
        throw new Unfetchable(`${address} leads away from TLS`);
      url = next;
      continue;
    }
    if (statusCode !== 200) {
      answer.destroy();
      const words = `${address} answered ${statusCode}`;
      // A server that is busy, or broken for a moment.
      if (statusCode === 429 || statusCode >= 500) throw new Error(words);
      throw new Unfetchable(words);
    }
    return read(answer, address);
  }
  throw new Unfetchable(`${address} leads on more than ${MAX_REDIRECTS} times`);
}

function parse(text: string): URL {
  const url = URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol)) throw new Unfetchable(`${text} is no web address`);
  if (url.username || url.password) throw new Unfetchable("an address must not hold a login");
  return url;
}

function ask(
  url: URL,
  ranges: PublicRanges | undefined,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const name = url.hostname.replace(/^\[|\]$/g, "");
  const refused = (address: string) =>
    new Unfetchable(`${url.hostname} is ${address}, which is not public`);
  // A literal address is not looked up.
  if (ranges && isIP(name) && !ranges.has(name)) throw refused(name);
  const checked: LookupFunction = (hostname, options, done) => {
    lookup(hostname, { ...options, family: 4, all: true }, (error, found) => {
      if (error) return done(error, []);
      const bad = ranges && found.find(({ address }) => !ranges.has(address));
      if (bad) return done(refused(bad.address), []);
      if (options.all) return done(null, found);
      return done(null, found[0]!.address, 4);
    });
  };
  return new Promise((resolve, reject) => {
    const sent = (url.protocol === "https:" ? https : http)(url, {
      signal,
      lookup: checked,
      agent: false,
      headers: { "user-agent": "agon-hostd", accept: "*/*", "accept-encoding": "identity" },
    });
    sent.once("response", resolve).end();
    sent.once("error", (error) => reject(distrusted(error, sent.socket, url) ?? error));
  });
}

/** The fault of a server that can't show who it is; undefined for any other one. */
function distrusted(error: Error, socket: Socket | null, url: URL): Unfetchable | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorizationError) return undefined;
  // Behind a semicolon Node advises whoever starts it.
  const why = error.message.split(";")[0];
  const words = `${url.href} is not fetched, its certificate is not trusted: ${why}`;
  return new Unfetchable(words, { cause: error });
}

async function read(answer: IncomingMessage, address: string): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of answer as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > MAX_BYTES) {
      answer.destroy();
      throw new Unfetchable(`${address} is larger than ${MAX_BYTES} bytes`);
    }
    parts.push(part);
  }
  if (!answer.complete) throw new Error(`${address} ended too early`);
  return Buffer.concat(parts);
}
