import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocketServer, type WebSocket } from "ws";
import type { Plays } from "./plays.ts";
import type { PortProxy } from "./ports/port-proxy.ts";
import type { Slots } from "./slots.ts";

/** Bytes of one frame of a client at most. */
const MAX_FRAME = 1_048_576;

/** HTTP of a host: health, WebSockets of terminals at /terminal/<token>, and ports of machines by their host names. */
export class TerminalServer {
  readonly #http: Server;
  readonly #sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: MAX_FRAME,
  });

  /** @param ports undefined = this host has no address for them. @param ready tells whether api knows this host; until then its health is 503. */
  constructor(plays: Plays, slots: Slots, ports: PortProxy | undefined, ready: () => boolean) {
    this.#http = createServer((request, response) => {
      if (ports?.owns(request)) return ports.serve(request, response);
      const known = request.url === "/health";
      response.writeHead(!known ? 404 : ready() ? 200 : 503, { "content-type": "text/plain" });
      response.end(!known ? "not found\n" : ready() ? "ok\n" : "api does not know this host yet\n");
    });
    this.#http.on("upgrade", (request, socket, head) => {
      socket.on("error", () => socket.destroy());
      if (ports?.owns(request)) return ports.upgrade(request, socket, head);
      const token = /^\/terminal\/([\w-]+)(?:\?|$)/.exec(request.url ?? "")?.[1];
      const slot = token === undefined ? undefined : slots.take(token);
      const terminals = slot && plays.find(slot.play)?.terminals(slot.machine);
      if (!slot || !terminals) {
        socket.end("HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
        return;
      }
      this.#sockets.handleUpgrade(request, socket, head, (client: WebSocket) => {
        void terminals.serve(client, slot).catch(() => client.terminate());
      });
    });
  }

  /** Listens; resolves with the port. */
  async listen(port: number, host = "127.0.0.1"): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#http.once("error", reject);
      this.#http.listen(port, host, resolve);
    });
    return (this.#http.address() as AddressInfo).port;
  }

  close(): void {
    for (const client of this.#sockets.clients) client.terminate();
    this.#http.close();
    this.#http.closeAllConnections();
  }
}
