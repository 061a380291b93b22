import { createServer, ServerResponse, type IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { env } from "@agon/daemon/env";
import { serviceLog } from "@agon/daemon/log";
import { onStop } from "@agon/daemon/stop";
import { createProxyServer } from "httpxy";
import { Backends } from "./backends.ts";

const log = serviceLog("gateway");
const api = new Backends(env("AGON_API_URLS").split(","));
const arena = new Backends([env("AGON_ARENA_URL")]);
const terminal = new Backends([env("AGON_TERMINAL_URL")]);
// Room for slow answers, but no connection that hangs for ever.
const proxy = createProxyServer({ xfwd: true, proxyTimeout: 60_000 });
// A process that was killed in the middle of an answer ends here: the client hears of it at once.
proxy.on("error", (error, request, response) => {
  log.warn({ path: request?.url?.split("?")[0], error: error.message }, "could not forward");
  if (response instanceof ServerResponse && !response.headersSent) unavailable(response);
  else (response as ServerResponse | Socket | undefined)?.destroy();
});

function unavailable(response: ServerResponse): void {
  const error = {
    message: "This part of the arena is starting again.",
    extensions: { code: "UNAVAILABLE", help: "Wait a few seconds and try again." },
  };
  response
    .writeHead(502, { "content-type": "application/json", "retry-after": "1" })
    .end(JSON.stringify({ errors: [error] }));
}

/** `.localhost:4000` of `http://*.localhost:4000`: below it, hosts answer for ports of machines. */
const portsSuffix = (process.env["AGON_PORTS_URL"] ?? "").split("//*")[1]?.toLowerCase();

/** One origin for browsers: which room answers a path; each port of a machine has an origin of its own. */
function backendOf({ url: path = "/", headers }: IncomingMessage): Backends {
  if (portsSuffix && headers.host?.toLowerCase().endsWith(portsSuffix)) return terminal;
  const ofApi = ["/graphql", "/api/", "/__static__/", "/content/files/"];
  if (ofApi.some((start) => path.startsWith(start))) return api;
  if (path.startsWith("/terminal/")) return terminal;
  return arena;
}

function forward(request: IncomingMessage, response: ServerResponse): void {
  const path = request.url ?? "/";
  if (path === "/health" && backendOf(request) !== terminal) {
    response.writeHead(200, { "content-type": "text/plain" }).end("ok");
    return;
  }
  const backends = backendOf(request);
  const target = backends.pick();
  const failed = (error: NodeJS.ErrnoException) => {
    if (error.code === "ECONNREFUSED") backends.failed(target);
    if (response.writableEnded || response.destroyed) return;
    if (response.headersSent) response.destroy();
    else unavailable(response);
  };
  proxy.web(request, response, { target }).catch(failed);
}

const server = createServer(forward);
server.on("upgrade", (request: IncomingMessage, socket: Socket, head: Buffer) => {
  const backends = backendOf(request);
  const target = backends.pick();
  socket.on("error", () => socket.destroy());
  proxy.ws(request, socket, { target }, head).catch((error: Error) => {
    if ((error as NodeJS.ErrnoException).code === "ECONNREFUSED") backends.failed(target);
    socket.destroy();
  });
});
server.listen(Number(env("PORT")), env("AGON_BIND", "127.0.0.1"), () =>
  log.info({ port: env("PORT") }, "listening"),
);
onStop(
  log,
  () => server.close(),
  () => server.closeAllConnections(),
);
