import type { IncomingMessage, ServerResponse } from "node:http";
import type { Kind } from "@agon/content/kinds";
import type { Domain } from "../graphql/context.ts";
import type { Viewer } from "../viewer.ts";
import { changeArticle, listArticles, showArticle } from "./articles.ts";
import { addressOf, author, refuse, type Call } from "./call.ts";
import {
  createPlayground,
  listPlaygrounds,
  showPlayground,
  updatePlayground,
} from "./playgrounds.ts";
import { act, listPlays, listTasks, openConnection, showPlay, startPlay } from "./plays.ts";
import { exposePort, listPorts, listShells, unexposePort } from "./ports.ts";
import { searchContent } from "./search.ts";
import { endSession, me, openSession, showSession } from "./sessions.ts";

type Handler = (call: Call) => Promise<void>;

/** The author's profile: who may write content has one, made of their handle. */
async function profile(call: Call): Promise<void> {
  const { id, handle, role } = author(call);
  call.send(200, {
    userId: id,
    name: handle,
    displayName: handle,
    official: role === "operator",
  });
}

const ofArticles = (kind: Kind, plural: string): [string, Handler][] => [
  [`GET /api/${plural}`, listArticles(kind)],
  [`GET /api/${plural}/:name`, showArticle(kind)],
  [`PATCH /api/${plural}/:name`, changeArticle(kind)],
];

/** Calls of existing clients besides those for files of content (authored-http.ts). docs/api.md lists both. */
export const ROUTES: readonly [string, Handler][] = [
  ["POST /api/sessions", openSession],
  ["GET /api/sessions/:id", showSession],
  ["DELETE /api/sessions/:id", endSession],
  ["GET /api/auth/me", me],
  ["GET /api/author", profile],
  ["POST /api/authors", profile],
  ...ofArticles("challenge", "challenges"),
  ...ofArticles("tutorial", "tutorials"),
  ["GET /api/playgrounds", listPlaygrounds],
  ["POST /api/playgrounds", createPlayground],
  ["GET /api/playgrounds/:name", showPlayground],
  ["PUT /api/playgrounds/:name", updatePlayground],
  ["GET /api/plays", listPlays],
  ["POST /api/plays", startPlay],
  ["GET /api/plays/:id", showPlay],
  ["POST /api/plays/:id/actions", act],
  ["GET /api/plays/:id/tasks", listTasks],
  ["POST /api/plays/:id/conns", openConnection],
  ["GET /api/plays/:id/ports", listPorts],
  ["POST /api/plays/:id/ports", exposePort],
  ["DELETE /api/plays/:id/ports/:port", unexposePort],
  ["GET /api/plays/:id/shells", listShells],
  ["GET /api/search", searchContent],
];

const table = ROUTES.map(([route, handler]) => {
  const [method, path] = route.split(" ") as [string, string];
  return { method, parts: path.split("/"), handler };
});

function find(
  method: string,
  path: string,
): { handler: Handler; params: Record<string, string> } | null {
  const given = path.replace(/\/+$/, "").split("/");
  for (const { method: wanted, parts, handler } of table) {
    if (wanted !== method || parts.length !== given.length) continue;
    const params: Record<string, string> = {};
    const fits = parts.every((part, at) => {
      if (!part.startsWith(":")) return part === given[at];
      params[part.slice(1)] = given[at]!;
      // Names and ids are plain: what is encoded is none.
      return /^[\w.-]+$/.test(given[at]!);
    });
    if (fits) return { handler, params };
  }
  return null;
}

/** Whether the REST interface has such a call. */
export const isRestCall = (method: string, path: string): boolean => find(method, path) !== null;

/** Answers a call of the REST interface. */
export async function restCall(
  domain: Domain,
  viewer: Viewer | null,
  publicUrl: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? "/", "http://arena");
  const method = request.method ?? "GET";
  const { handler, params } = find(method, url.pathname)!;
  const send = (status: number, data: unknown): void => {
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(data));
  };
  const call: Call = { domain, viewer, publicUrl, request, response, url, params, send };
  try {
    await limit(call, method, handler);
    await handler(call);
  } catch (error) {
    refuse(response, error);
  }
}

/** Polls are many and cheap; changes are few. Who is not signed in is counted by address. */
async function limit({ domain, viewer, request }: Call, method: string, handler: Handler) {
  if (handler === openSession) return domain.limits.take("client", addressOf(request));
  if (!viewer) return domain.limits.take("sign", `rest ${addressOf(request)}`);
  if (method === "GET") return domain.limits.take("query", viewer.id);
  return domain.limits.mutation(viewer);
}
