import type { IncomingMessage, ServerResponse } from "node:http";
import { extname } from "node:path";
import { GraphQLError } from "graphql";
import { DRAFT, type PushedFile } from "./draft-files.ts";
import type { Drafts } from "./drafts.ts";
import { failure } from "./failure.ts";
import type { RateLimits } from "./limits.ts";
import { types } from "./static-files.ts";
import type { Viewer } from "./viewer.ts";

/** Characters of a request at most: base64 of a draft's files, and their names. */
const MAX_BODY = Math.ceil(DRAFT.bytes * 1.4) + 1_000_000;
const STATUS: Record<string, number> = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  BAD_INPUT: 400,
  LIMIT: 413,
  NOT_FOUND: 404,
};

/** POST /api/drafts/NAME {files}: takes a folder. 409 {missing} asks for the content of some files. */
export async function draftCall(
  drafts: Drafts,
  limits: RateLimits,
  viewer: Viewer | null,
  name: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const answer = (status: number, body: object): void => {
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  };
  try {
    if (request.method !== "POST") throw failure("BAD_INPUT", "That is no push.", "Send POST.");
    // A form of another site can send a cookie, but not this content type.
    if (!request.headers["content-type"]?.startsWith("application/json"))
      throw failure("BAD_INPUT", "That is no JSON.", "Send content-type: application/json.");
    if (!viewer)
      throw failure("UNAUTHENTICATED", "You are not signed in.", "Send an API key of yours.");
    if (viewer.role !== "author" && viewer.role !== "operator")
      throw failure(
        "FORBIDDEN",
        "Drafts are for authors.",
        "An operator makes you one: ./agon users role HANDLE author",
      );
    await limits.mutation(viewer);
    const parts: Buffer[] = [];
    let size = 0;
    for await (const part of request) {
      parts.push(part as Buffer);
      if ((size += (part as Buffer).length) > MAX_BODY)
        throw failure("LIMIT", "The draft is too large.", "Leave large files out.");
    }
    const { files, part } = JSON.parse(Buffer.concat(parts).toString("utf8")) as {
      files: PushedFile[];
      part?: unknown;
    };
    const result = await drafts.push(
      viewer,
      name,
      files,
      typeof part === "string" ? part.slice(0, 400) : "",
    );
    answer("missing" in result ? 409 : 200, result);
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError)
      return answer(400, { errors: [{ message: "Send JSON with a list of files" }] });
    if (!(error instanceof GraphQLError)) throw error;
    answer(STATUS[String(error.extensions["code"])] ?? 500, { errors: [error.toJSON()] });
  }
}

const PINNED = /^\/__static__\/([0-9a-f]{16})\/[^/]+$/;
const NAMED = /^\/__static__\/draft(?::|%3A)([a-z0-9-]+)\/([^/]+)$/;

/** Whether an address may be that of a draft's public file: by its hash, or by draft and name. */
export function draftAddress(path: string): boolean {
  return PINNED.test(path) || NAMED.test(path);
}

/** Answers with a public file of one of the viewer's own drafts. @returns false when they have none such. */
export async function draftFile(
  drafts: Drafts,
  viewer: Viewer,
  path: string,
  response: ServerResponse,
): Promise<boolean> {
  const [, hash] = PINNED.exec(path) ?? [];
  const [, name = "", file = ""] = NAMED.exec(path) ?? [];
  const data = hash
    ? await drafts.pinned(viewer.id, hash)
    : await drafts.file(viewer.id, name, `__static__/${decodeURIComponent(file)}`);
  if (!data) return false;
  response
    .writeHead(200, {
      "content-type": types[extname(path).toLowerCase()] ?? "application/octet-stream",
      "content-length": data.length,
      "cache-control": hash ? "private, max-age=86400, immutable" : "private, no-cache",
      "x-content-type-options": "nosniff",
      // As of published content: an SVG or HTML of an author must not run as ours.
      "content-security-policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'",
    })
    .end(data);
  return true;
}
