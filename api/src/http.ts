import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { useServer } from "graphql-ws/use/ws";
import { GraphQLError } from "graphql";
import { createYoga } from "graphql-yoga";
import { toNodeHandler } from "better-auth/node";
import { WebSocketServer } from "ws";
import type { Logger } from "@agon/daemon/log";
import type { Auth } from "./auth.ts";
import { authoredCall, authoredFile, isAuthoredCall } from "./authored-http.ts";
import { draftAddress, draftCall, draftFile } from "./draft-http.ts";
import { failure } from "./failure.ts";
import type { Context, Domain } from "./graphql/context.ts";
import { buildSchema } from "./graphql/schema.ts";
import { boundedOperation } from "./limits.ts";
import { imageSources } from "./sources.ts";
import type { TallyDoc } from "./models/store.ts";
import { addressOf } from "./rest/call.ts";
import { isRestCall, restCall } from "./rest/routes.ts";
import { findAsset, staticFile } from "./static-files.ts";

const maxTokens = 2000;
const maxSubscriptions = 50;
const maxHostBody = 20_000;
type Socket = { request: IncomingMessage; params?: unknown };

/** The one HTTP server: GraphQL by HTTP and WebSocket, sign-in, files of content, health, metrics. */
export function createHttp(domain: Domain, auth: Auth, publicUrl: string, log: Logger) {
  const counters = { requests: 0, sockets: 0 };
  const contextOf = async (headers: Headers): Promise<Context> => {
    const viewer = await domain.viewers.of(headers);
    if (viewer) await domain.limits.take("query", viewer.id);
    let tally: Promise<TallyDoc | null> | undefined;
    return {
      viewer,
      tally: () =>
        (tally ??= viewer
          ? domain.store.tallies.findById(viewer.id).lean<TallyDoc>().exec()
          : Promise.resolve(null)),
      forgetTally: () => (tally = undefined),
    };
  };
  const schema = buildSchema(domain);
  const yoga = createYoga<Record<string, unknown>, Context>({
    schema: schema as never,
    graphqlEndpoint: "/graphql",
    graphiql: false,
    landingPage: false,
    cors: false,
    logging: {
      debug() {},
      info() {},
      warn() {},
      error: (...args) => log.error({ args: args.map(String) }, "graphql"),
    },
    maskedErrors: {
      maskError(error, message) {
        const original = (error as { originalError?: unknown }).originalError;
        const known = error as { extensions?: { code?: unknown } };
        if (
          known.extensions?.code ||
          (error instanceof Error && error.name === "GraphQLError" && !original)
        )
          return error as Error;
        log.error({ err: original ?? error }, "a resolver failed");
        return Object.assign(new Error(message), {
          extensions: { code: "INTERNAL", help: "Try again; if it stays, tell the operator." },
          toJSON: () => ({
            message: "Something went wrong on our side.",
            extensions: { code: "INTERNAL", help: "Try again; if it stays, tell the operator." },
          }),
        });
      },
    },
    context: (initial) => {
      const socket = (initial as unknown as { socket?: Socket }).socket;
      return contextOf(socket ? socketHeaders(socket) : initial.request.headers);
    },
    plugins: [
      {
        onParse({ parseFn, setParseFn }: { parseFn: Function; setParseFn: (f: never) => void }) {
          setParseFn(((source: unknown, options: object) =>
            parseFn(source, { ...options, maxTokens })) as never);
        },
        onValidate({ addValidationRule }: { addValidationRule: (rule: never) => void }) {
          addValidationRule(boundedOperation as never);
        },
      } as never,
    ],
  });
  const authHandler = toNodeHandler(auth);

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    counters.requests++;
    response.setHeader("x-content-type-options", "nosniff");
    const path = (request.url ?? "/").split("?")[0] ?? "/";
    if (path === "/health") return text(response, 200, "ok\n");
    if (path === "/metrics")
      return text(
        response,
        200,
        `agon_api_requests_total ${counters.requests}\nagon_api_sockets ${counters.sockets}\n` +
          `process_resident_memory_bytes ${process.memoryUsage.rss()}\n`,
      );
    if (path === "/graphql") {
      // A form of another site can send a cookie, but not this content type.
      const json = /^application\/(json|graphql-response\+json)/.test(
        request.headers["content-type"] ?? "",
      );
      if (request.method !== "POST" || !json)
        return text(response, 415, "Send POST with content-type: application/json\n");
      if (Number(request.headers["content-length"] ?? 0) > 200_000)
        return text(response, 413, "The request is too long\n");
      await yoga(request, response);
      return;
    }
    if (path === "/api/sign-in-link") request.url = "/api/auth/sign-in-link";
    if (isRestCall(request.method ?? "GET", path)) {
      const viewer = await clientOf(request);
      return restCall(domain, viewer, publicUrl, request, response);
    }
    if (path.startsWith("/api/auth/") || path === "/api/sign-in-link") {
      const from = addressOf(request);
      if (request.method === "POST") {
        try {
          await domain.limits.take("sign", from);
        } catch {
          return text(response, 429, "Too many sign-ins from your address: wait a minute\n");
        }
      }
      await authHandler(request, response);
      return;
    }
    if (path === "/api/sources") {
      if (request.method !== "GET") return text(response, 405, "Send GET\n");
      const from = addressOf(request);
      const sources = await domain.limits
        .take("query", `sources ${from}`)
        .then(() => imageSources(domain.registry, domain.playgroundsDir))
        .catch(() => null);
      if (!sources) return text(response, 429, "Too many requests: wait a minute\n");
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify(sources));
      return;
    }
    if (path === "/api/hosts/join" || path === "/api/hosts/announce")
      return hostCall(path, request, response);
    if (path.startsWith("/api/drafts/")) {
      const viewer = await domain.viewers.of(socketHeaders({ request }));
      const name = path.slice("/api/drafts/".length);
      return draftCall(domain.drafts, domain.limits, viewer, name, request, response);
    }
    if (isAuthoredCall(path)) {
      const viewer = await clientOf(request);
      const { authored, limits } = domain;
      return authoredCall(authored, limits, viewer, publicUrl, request, response);
    }
    if (path.startsWith("/__static__/")) {
      const viewer = draftAddress(path) && (await domain.viewers.of(socketHeaders({ request })));
      if (viewer && (await draftFile(domain.drafts, viewer, path, response))) return;
      // Folders first: a stored file never stands in for one of theirs.
      if (findAsset(domain.content, path)) return staticFile(domain.content, path, response);
      if (await authoredFile(domain.authored, path, response)) return;
      return staticFile(domain.content, path, response);
    }
    text(response, 404, "Not found\n");
  };

  const clientOf = (request: IncomingMessage) => domain.viewers.of(socketHeaders({ request }));

  /** A host that joins, or says where it is. JSON in, JSON out. */
  const hostCall = async (
    path: string,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> => {
    const answer = (status: number, body: object): void => {
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    };
    if (request.method !== "POST") return text(response, 405, "Send POST\n");
    const from = addressOf(request);
    try {
      await domain.limits.take("sign", `host ${from}`);
      let body = "";
      for await (const chunk of request.setEncoding("utf8"))
        if ((body += chunk).length > maxHostBody)
          throw failure("BAD_INPUT", "The request is too long.", "Use a hostd of this version.");
      const parsed = JSON.parse(body) as Record<string, unknown>;
      if (path.endsWith("join")) return answer(200, await domain.registry.join(parsed));
      await domain.registry.announce(parsed);
      return answer(200, {});
    } catch (error) {
      if (error instanceof SyntaxError) return answer(400, { errors: [{ message: "Send JSON" }] });
      if (!(error instanceof GraphQLError)) throw error;
      const { code } = error.extensions as { code?: string };
      const status = { FORBIDDEN: 403, BAD_INPUT: 400, LIMIT: 429 }[String(code)] ?? 500;
      answer(status, { errors: [error.toJSON()] });
    }
  };

  const server: Server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      log.error({ err: error }, "a request failed");
      if (!response.headersSent) text(response, 500, "Something went wrong on our side\n");
      else response.destroy();
    });
  });

  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: 64 * 1024,
    handleProtocols: (protocols) =>
      protocols.has("graphql-transport-ws") ? "graphql-transport-ws" : false,
  });
  const subscriptions = new WeakMap<object, number>();
  // graphql-ws hands the envelope on as rootValue; its types do not know it.
  type Enveloped = ReturnType<typeof yoga.getEnveloped>;
  const graphqlSockets = useServer(
    {
      execute: (args) => (args.rootValue as Enveloped).execute(args),
      subscribe: (args) => (args.rootValue as Enveloped).subscribe(args),
      onConnect: () => {
        counters.sockets++;
        return true;
      },
      onDisconnect: () => void counters.sockets--,
      onSubscribe: async (ctx, id, payload) => {
        const extra = ctx.extra;
        const active = (subscriptions.get(extra.socket) ?? 0) + 1;
        if (active > maxSubscriptions) throw new Error(`More than ${maxSubscriptions} operations`);
        subscriptions.set(extra.socket, active);
        const envelope = yoga.getEnveloped({
          socket: { request: extra.request, params: ctx.connectionParams },
          params: payload,
          id,
        });
        const args = {
          schema: envelope.schema,
          operationName: payload.operationName,
          document: envelope.parse(payload.query),
          variableValues: payload.variables,
          rootValue: envelope,
          contextValue: await envelope.contextFactory(),
        };
        const errors = envelope.validate(args.schema, args.document) as readonly never[];
        return errors.length ? errors : (args as never);
      },
      onComplete: (ctx) => {
        const { socket } = ctx.extra;
        subscriptions.set(socket, Math.max(0, (subscriptions.get(socket) ?? 1) - 1));
      },
    },
    sockets as never,
    12_000,
  );
  server.on("upgrade", (request, socket, head) => {
    const path = (request.url ?? "").split("?")[0] ?? "";
    // Its secret is in the address, and its clients name an origin that is none.
    if (path.startsWith("/api/conns/")) return domain.conns.accept(request, socket, head);
    const origin = request.headers.origin;
    // Browsers always tell the page that opens a socket: another site's page must not use our cookie.
    const foreign =
      origin !== undefined &&
      origin !== new URL(publicUrl).origin &&
      URL.parse(origin)?.host !== request.headers.host;
    if (path !== "/graphql" || foreign) {
      socket.end(`HTTP/1.1 ${foreign ? "403 Forbidden" : "404 Not Found"}\r\n\r\n`);
      return;
    }
    sockets.handleUpgrade(request, socket, head, (ws) => sockets.emit("connection", ws, request));
  });

  return {
    server,
    async close() {
      await graphqlSockets.dispose();
      domain.conns.close();
      for (const client of sockets.clients) client.terminate();
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

function socketHeaders({ request, params }: Socket): Headers {
  const headers = new Headers();
  const given = (params as { authorization?: unknown } | undefined)?.authorization;
  const authorization = typeof given === "string" ? given : request.headers.authorization;
  if (authorization) headers.set("authorization", authorization);
  if (request.headers.cookie) headers.set("cookie", request.headers.cookie);
  return headers;
}

function text(response: ServerResponse, code: number, body: string): void {
  response.writeHead(code, { "content-type": "text/plain; charset=utf-8" }).end(body);
}
