import type { IncomingMessage, ServerResponse } from "node:http";
import { GraphQLError } from "graphql";
import { failure } from "../failure.ts";
import type { Domain } from "../graphql/context.ts";
import type { Viewer } from "../viewer.ts";

const STATUS: Record<string, number> = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  BAD_INPUT: 400,
  // 429 and 503 are tried again by clients: what they can't change by waiting is a conflict.
  LIMIT: 409,
  NOT_FOUND: 404,
  UNAVAILABLE: 503,
};
/** Bytes of a JSON request: one text with its name. */
export const MAX_JSON = 3_000_000;

/** One request of the REST interface. */
export interface Call {
  domain: Domain;
  viewer: Viewer | null;
  publicUrl: string;
  request: IncomingMessage;
  response: ServerResponse;
  url: URL;
  /** Parts of the path that the route names. */
  params: Record<string, string>;
  send: (status: number, data: unknown) => void;
}

/** Who asks. @throws when nobody is signed in. */
export function signedInClient({ viewer }: Call): Viewer {
  if (viewer) return viewer;
  throw failure("UNAUTHENTICATED", "You are not signed in.", "Log in: labctl auth login");
}

/** Who asks, when they may write content. */
export function author(call: Call): Viewer {
  const viewer = signedInClient(call);
  if (viewer.role === "author" || viewer.role === "operator") return viewer;
  throw failure(
    "FORBIDDEN",
    "Content is for authors.",
    "An operator makes you one: ./agon users role HANDLE author",
  );
}

export async function readBody(request: IncomingMessage, most: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request) {
    parts.push(part as Buffer);
    if ((size += (part as Buffer).length) > most)
      throw failure("BAD_INPUT", `That is more than ${most} bytes.`, "Send less.");
  }
  return Buffer.concat(parts);
}

/**
 * A JSON map. Existing clients send no content type at all, so it is asked for only where a browser's
 * cookie says who it is: a form of another site can send that, but not this content type.
 */
export async function readJson(request: IncomingMessage): Promise<Record<string, unknown>> {
  const given = request.headers["content-type"];
  if (!request.headers.authorization && !given?.startsWith("application/json"))
    throw failure("BAD_INPUT", "That is no JSON.", "Send content-type: application/json.");
  const text = (await readBody(request, MAX_JSON)).toString("utf8");
  let data: unknown;
  try {
    data = text.trim() === "" ? {} : JSON.parse(text);
  } catch {
    throw failure("BAD_INPUT", "That is no JSON.", "Send a JSON object.");
  }
  if (typeof data !== "object" || data === null || Array.isArray(data))
    throw failure("BAD_INPUT", "That is no map.", "Send a JSON object.");
  return data as Record<string, unknown>;
}

/** What came from where, as far as proxies tell. */
export const addressOf = (request: IncomingMessage): string =>
  String(request.headers["x-forwarded-for"] ?? request.socket.remoteAddress);

/** A refusal as short plain text: clients show it as it is. */
export function refuse(response: ServerResponse, error: unknown): void {
  if (!(error instanceof GraphQLError)) throw error;
  const { code, help, seconds } = error.extensions as Record<string, unknown>;
  const status = typeof seconds === "number" ? 429 : (STATUS[String(code)] ?? 500);
  if (typeof seconds === "number") response.setHeader("x-ratelimit-reset", seconds);
  response
    .writeHead(status, { "content-type": "text/plain; charset=utf-8" })
    .end(`${error.message} ${String(help ?? "")}`.trim() + "\n");
}
