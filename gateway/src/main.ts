import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
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
// Each call's own promise tells; without a listener an event would end the process.
proxy.on("error", () => {});

/** One origin for browsers: which room answers a path. */
function backendOf(path: string): Backends {
  if (path.startsWith("/graphql") || path.startsWith("/api/") || path.startsWith("/__static__/"))
    return api;
  if (path.startsWith("/terminal/")) return terminal;
  return arena;
}

async function forward(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = request.url ?? "/";
  if (path === "/health") {
    response.writeHead(200, { "content-type": "text/plain" }).end("ok");
    return;
  }
  const backends = backendOf(path);
  for (let attempt = 0; ; attempt++) {
    const target = backends.pick();
    try {
      await proxy.web(request, response, { target });
      return;
    } catch (error) {
      const refused = (error as NodeJS.ErrnoException).code === "ECONNREFUSED";
      if (refused) backends.failed(target);
      // Only what has no body can be sent again: a piped body is gone.
      if (
        refused &&
        attempt < 2 &&
        !response.headersSent &&
        (request.method === "GET" || request.method === "HEAD")
      )
        continue;
      if (!response.headersSent)
        response.writeHead(502, { "content-type": "application/json", "retry-after": "1" }).end(
          JSON.stringify({
            errors: [
              {
                message: "This part of the arena is starting again.",
                extensions: { code: "UNAVAILABLE", help: "Wait a few seconds and try again." },
              },
            ],
          }),
        );
      else response.destroy();
      log.warn(
        { path: path.split("?")[0], target, error: (error as Error).message },
        "could not forward",
      );
      return;
    }
  }
}

const server = createServer((request, response) => void forward(request, response));
server.on("upgrade", (request: IncomingMessage, socket: Socket, head: Buffer) => {
  const backends = backendOf(request.url ?? "/");
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
