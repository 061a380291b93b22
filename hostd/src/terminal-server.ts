import { createServer, type Server } from "node:http";
import { WebSocketServer } from "ws";
import type { Logger } from "@agon/daemon/log";
import type { Plays } from "./plays.ts";
import type { Slots } from "./slots.ts";

/** Bytes of one frame from a client at most. */
const MAX_FRAME = 1_048_576;

/** The WebSocket side of terminals, and the health of this daemon. */
export function serveTerminals(port: number, plays: Plays, slots: Slots, log: Logger): Server {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_FRAME,
    perMessageDeflate: false,
  });
  const server = createServer((request, response) => {
    if (request.url === "/health")
      response
        .writeHead(200, { "content-type": "application/json" })
        .end(JSON.stringify({ plays: plays.size }));
    else response.writeHead(404).end();
  });
  server.on("upgrade", (request, socket, head) => {
    const token = /^\/terminal\/([\w-]+)$/.exec(request.url ?? "")?.[1];
    const slot = token ? slots.take(token) : undefined;
    const terminals = slot && plays.terminals(slot.play, slot.machine);
    if (!slot || !terminals) {
      socket.end("HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
      return;
    }
    sockets.handleUpgrade(request, socket, head, (websocket) => {
      websocket.on("error", (error) => log.debug(error, "a terminal's socket broke"));
      terminals.attach(websocket, slot.session, slot.exec, slot.user).catch((error: Error) => {
        log.warn(error, "a terminal could not be attached");
        websocket.close(1011, "failed");
      });
    });
  });
  server.listen(port, "127.0.0.1");
  return server;
}
