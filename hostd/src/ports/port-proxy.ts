import { timingSafeEqual } from "node:crypto";
import { request as ask, type IncomingMessage, type ServerResponse } from "node:http";
import { pipeline, type Duplex } from "node:stream";
import { connect } from "node:tls";
import type { Plays } from "../plays.ts";
import { Slots } from "../slots.ts";
import { PortConnections } from "./connections.ts";
import { COOKIE, ownCookie, toBrowser, toMachine } from "./headers.ts";
import type { OpenPort } from "./port-book.ts";
import type { PortsAddress } from "./ports-address.ts";

/** Where a browser takes its cookie. */
const ENTER = "/.agon/enter";

type Found = { play: NonNullable<ReturnType<Plays["find"]>>; port: OpenPort };

/** HTTP and WebSockets of services in machines, each under a host name of its own. */
export class PortProxy {
  readonly #plays: Plays;
  readonly #address: PortsAddress;
  readonly #keys = new Slots<string>();
  readonly #connections = new PortConnections();

  constructor(plays: Plays, address: PortsAddress) {
    this.#plays = plays;
    this.#address = address;
  }

  /** An address at which a browser gets into a port, once and within a minute; then a cookie lets it in. */
  enter({ label, public: everybody }: OpenPort): string {
    const origin = this.#address.of(label);
    return everybody ? `${origin}/` : `${origin}${ENTER}?key=${this.#keys.add(label)}`;
  }

  /** Where a port is found for as long as it is open. */
  originOf({ label }: OpenPort): string {
    return `${this.#address.of(label)}/`;
  }

  /** Cuts off what is connected through a port that was closed. */
  cut(play: string, label: string): void {
    this.#connections.cut(play, label);
  }

  /** Whether a request is for a port of a machine. */
  owns(request: IncomingMessage): boolean {
    return this.#address.labelOf(request.headers.host) !== undefined;
  }

  serve(request: IncomingMessage, response: ServerResponse): void {
    const found = this.#find(request);
    if (!found) return tell(response, 404, "There is no such port", "Its play may have ended.");
    const url = new URL(request.url ?? "/", "http://port");
    if (url.pathname === ENTER) return this.#enter(found.port, url, request, response);
    if (!this.#may(found.port, request))
      return tell(
        response,
        403,
        "This port is private",
        "Open it from the page of its play, in this browser.",
      );
    this.#forward(found, request, {
      refused: (code, title, text) => tell(response, code, title, text),
      answered: (answer) => {
        response.writeHead(answer.statusCode ?? 502, toBrowser(answer.headers));
        pipeline(answer, response, () => undefined);
      },
      upgraded: (_, socket) => {
        socket.destroy();
        tell(response, 502, "The service changed its protocol", "It was not asked to.");
      },
      gone: response,
    });
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const refuse = (code: number, title: string) =>
      void socket.end(
        `HTTP/1.1 ${code} ${title}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
      );
    const found = this.#find(request);
    if (!found || !this.#may(found.port, request)) return refuse(found ? 403 : 404, "Refused");
    this.#forward(found, request, {
      refused: (code, title) => refuse(code, title),
      answered: (answer) => {
        socket.write(headOf(answer));
        pipeline(answer, socket, () => undefined);
      },
      upgraded: (answer, other, rest) => {
        socket.write(headOf(answer));
        if (rest.length) socket.write(rest);
        if (head.length) other.write(head);
        pipeline(other, socket, () => undefined);
        pipeline(socket, other, () => undefined);
      },
      gone: socket,
    });
  }

  #find(request: IncomingMessage): Found | undefined {
    const label = this.#address.labelOf(request.headers.host);
    return label ? this.#plays.findPort(label) : undefined;
  }

  #may(port: OpenPort, request: IncomingMessage): boolean {
    if (port.public) return true;
    const [given, wanted] = [ownCookie(request.headers.cookie), port.secret].map(Buffer.from);
    return given!.length === wanted!.length && timingSafeEqual(given!, wanted!);
  }

  #enter(port: OpenPort, url: URL, request: IncomingMessage, response: ServerResponse): void {
    const known = this.#keys.take(url.searchParams.get("key") ?? "") === port.label;
    if (!known && !this.#may(port, request))
      return tell(
        response,
        403,
        "This address was used",
        "It works once, within a minute. Open the port again from the page of its play.",
      );
    const rights = this.#address.secure ? "Secure; SameSite=None; Partitioned" : "SameSite=Lax";
    response.writeHead(303, {
      location: "/",
      "cache-control": "no-store",
      "referrer-policy": "no-referrer",
      ...(known && { "set-cookie": `${COOKIE}=${port.secret}; Path=/; HttpOnly; ${rights}` }),
    });
    response.end();
  }

  #forward(
    { play, port }: Found,
    request: IncomingMessage,
    on: {
      refused: (code: number, title: string, text: string) => void;
      answered: (answer: IncomingMessage) => void;
      upgraded: (answer: IncomingMessage, socket: Duplex, head: Buffer) => void;
      gone: Duplex | ServerResponse;
    },
  ): void {
    const { machine, tls, hostRewrite, pathRewrite } = port;
    if (this.#connections.full(play.id))
      return on.refused(503, "Too many connections", "Close some pages of this play's ports.");
    const wire = play.ports.dial(machine, port.port);
    if (!wire)
      return on.refused(503, `${machine} is not running`, "Let its play go on, then try again.");
    const gone = this.#connections.add(play.id, port.label, () => {
      on.gone.destroy();
      wire.destroy();
    });
    wire.once("close", gone);
    // Somebody looks at it; what a page asks for by itself keeps no play awake.
    if (request.headers["sec-fetch-mode"] === "navigate" || request.method !== "GET") play.touch();
    const upstream = ask({
      method: request.method ?? "GET",
      path: `${pathRewrite.replace(/\/$/, "")}${request.url ?? "/"}`,
      headers: {
        ...toMachine(request.headers, hostRewrite),
        ...(request.headers.upgrade && { connection: "upgrade", upgrade: request.headers.upgrade }),
      },
      createConnection: () =>
        tls ? connect({ socket: wire, rejectUnauthorized: false, servername: "" }) : wire,
    });
    let answered = false;
    upstream.once("response", (answer) => {
      answered = true;
      on.answered(answer);
    });
    upstream.once("upgrade", (answer, socket, head) => {
      answered = true;
      on.upgraded(answer, socket, head);
    });
    upstream.on("error", () => {
      wire.destroy();
      if (!answered)
        on.refused(
          502,
          `Nothing answers on port ${port.port} of ${machine}`,
          "Start the service there, on an address of the network. This page looks again by itself.",
        );
      answered = true;
    });
    // A browser that leaves takes its connection with it.
    on.gone.once("close", () => {
      upstream.destroy();
      wire.destroy();
    });
    pipeline(request, upstream, () => undefined);
  }
}

/** Status line and headers of an answer, for a socket that was a request for another protocol. */
function headOf({ statusCode, statusMessage, headers }: IncomingMessage): string {
  const more = statusCode === 101 ? { connection: "upgrade" } : { connection: "close" };
  const lines = Object.entries({ ...toBrowser(headers), ...more }).flatMap(([name, value]) =>
    [value].flat().map((one) => `${name}: ${one}`),
  );
  return `HTTP/1.1 ${statusCode} ${statusMessage}\r\n${lines.join("\r\n")}\r\n\r\n`;
}

/** A page of ours in place of the service's. */
function tell(response: ServerResponse, code: number, title: string, text: string): void {
  if (response.headersSent) return void response.destroy();
  const safe = (words: string) => words.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  const again = code === 502 || code === 503 ? '<meta http-equiv="refresh" content="3">' : "";
  response.writeHead(code, {
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
  });
  response.end(
    `<!doctype html><meta charset="utf-8"><title>${safe(title)}</title>${again}<style>:root{color-scheme:light dark;font:14px/1.5 system-ui,sans-serif}body{display:grid;place-content:center;min-height:90vh;margin:0;padding:24px;text-align:center}h1{font-size:17px;margin:0 0 4px}p{margin:0;opacity:.7}</style><h1>${safe(title)}</h1><p>${safe(text)}</p>\n`,
  );
}
