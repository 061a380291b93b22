import type { IncomingMessage, ServerResponse } from "node:http";
import { extname } from "node:path";
import { isKind, kindOfPlural, type Kind } from "@agon/content/kinds";
import { AUTHORED, type Authored } from "./authored.ts";
import { failure } from "./failure.ts";
import type { RateLimits } from "./limits.ts";
import { readBody, readJson, refuse } from "./rest/call.ts";
import { types } from "./static-files.ts";
import type { Viewer } from "./viewer.ts";

/** Whether a path is one of the content interface: `/api/<plural>…`, `/api/author/…`, `/api/content/…`. */
export function isAuthoredCall(path: string): boolean {
  const [, root = "", first = "", second = ""] = path.split("/");
  if (root === "content") return first === "files";
  if (root !== "api") return false;
  if (first === "author") return kindOfPlural(second) !== undefined;
  return first === "content" || kindOfPlural(first) !== undefined;
}

function kindNamed(value: unknown): Kind {
  const text = String(value ?? "");
  if (isKind(text)) return text;
  throw failure(
    "BAD_INPUT",
    `There is no kind "${text.slice(0, 40)}" to store.`,
    "Send a kind of content.",
  );
}

/** The content interface for authors: create, list, mirror files, remove, and lists of who may do what. */
export async function authoredCall(
  authored: Authored,
  limits: RateLimits,
  viewer: Viewer | null,
  publicUrl: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? "/", "http://arena");
  const send = (status: number, data: unknown): void => {
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(data));
  };
  try {
    if (!viewer)
      throw failure("UNAUTHENTICATED", "You are not signed in.", "Send an API key of yours.");
    if (viewer.role !== "author" && viewer.role !== "operator")
      throw failure(
        "FORBIDDEN",
        "Content is for authors.",
        "An operator makes you one: ./agon users role HANDLE author",
      );
    await limits.mutation(viewer);
    await route({ authored, viewer, publicUrl, request, url, send, response });
  } catch (error) {
    if (error instanceof URIError)
      return refuse(response, failure("BAD_INPUT", "That is no path.", "Send it encoded once."));
    refuse(response, error);
  }
}

interface Call {
  authored: Authored;
  viewer: Viewer;
  publicUrl: string;
  request: IncomingMessage;
  response: ServerResponse;
  url: URL;
  send: (status: number, data: unknown) => void;
}

async function route(call: Call): Promise<void> {
  const { authored, viewer, publicUrl, request, url, send } = call;
  const [root = "", ...parts] = url.pathname.split("/").slice(1).map(decodeURIComponent);
  const method = request.method ?? "GET";
  if (root === "content") return raw(call, parts);
  const [first = "", second = "", ...rest] = parts;
  if (first === "content") return files(call, `${method} ${[second, ...rest].join("/")}`);
  if (first === "author") {
    const docs = await authored.of(viewer, kindOfPlural(second));
    return send(
      200,
      docs.map((doc) => authored.view(doc, publicUrl)),
    );
  }
  const kind = kindOfPlural(first)!;
  if (method === "POST" && second === "") {
    const { name } = await readJson(request);
    return send(
      201,
      authored.view(await authored.create(viewer, kind, String(name ?? "")), publicUrl),
    );
  }
  if (method === "GET" && second !== "" && rest.length === 0) {
    const doc = await authored.own(viewer, kind, second);
    const problems = await authored.problems(doc);
    return send(200, { ...authored.view(doc, publicUrl), problems });
  }
  if (method === "DELETE" && second !== "" && rest.length === 0) {
    await authored.remove(viewer, kind, second);
    return send(200, {});
  }
  throw failure("NOT_FOUND", "There is no such call.", "See the documentation.");
}

/** `/api/content/…`: one file at a time, as mirrors push them. */
async function files(call: Call, what: string): Promise<void> {
  const { authored, viewer, publicUrl, request, url, send } = call;
  const asked = (key: string) => url.searchParams.get(key) ?? "";
  const own = () => authored.own(viewer, kindNamed(asked("kind")), asked("name"));
  switch (what) {
    case "GET files":
      return send(
        200,
        (await own()).files.map(({ path }) => path),
      );
    case "GET v2/files":
      return send(
        200,
        (await own()).files.map(({ path, md5 }) => ({ path, digest: md5 })),
      );
    case "PUT markdown": {
      const { kind, name, file, content, asIs } = await readJson(request);
      if (typeof content !== "string" || typeof file !== "string" || !file.endsWith(".md"))
        throw failure("BAD_INPUT", "That is no Markdown file.", "Send file and content.");
      const bytes = Buffer.from(content);
      // A preview tells on its page what is wrong with a save; a push is refused.
      await authored.put(viewer, kindNamed(kind), String(name), file, bytes, asIs === true);
      return send(200, {});
    }
    case "PUT files": {
      const { kind, name, file } = await readJson(request);
      const doc = await authored.own(viewer, kindNamed(kind), String(name));
      const to = new URLSearchParams({ kind: doc.kind, name: doc.name, file: String(file) });
      return send(200, { uploadUrl: `${publicUrl}/api/content/upload?${to.toString()}` });
    }
    case "PUT upload": {
      const bytes = await readBody(request, AUTHORED.fileBytes);
      await authored.put(viewer, kindNamed(asked("kind")), asked("name"), asked("file"), bytes);
      return send(200, {});
    }
    case "DELETE files":
      await authored.delete(viewer, kindNamed(asked("kind")), asked("name"), asked("file"));
      return send(200, {});
    case "PUT access": {
      const { kind, name, access, approved } = await readJson(request);
      const lists = (typeof access === "object" && access !== null ? access : {}) as Record<
        string,
        unknown
      >;
      const doc = await authored.setAccess(
        viewer,
        kindNamed(kind),
        String(name),
        lists,
        typeof approved === "boolean" ? approved : undefined,
      );
      return send(200, authored.view(doc, publicUrl));
    }
    case "GET versions": {
      const versions = await authored.versions((await own())._id);
      return send(
        200,
        versions.map(({ revision, version, at, by, files: held, problems }) => ({
          revision,
          version,
          at: new Date(at).toISOString(),
          by,
          files: held.map(({ path, md5, size }) => ({ path, digest: md5, size })),
          problems,
        })),
      );
    }
    default:
      throw failure("NOT_FOUND", "There is no such call.", "See the documentation.");
  }
}

/** `GET /content/files/<plural>/<name>/<path>`: exactly the bytes that were stored. */
async function raw({ authored, viewer, response }: Call, parts: string[]): Promise<void> {
  const [, plural = "", name = "", ...path] =
    parts.length && parts[0] === "files" ? parts : ["", ""];
  const kind = kindOfPlural(plural);
  const doc = kind && (await authored.own(viewer, kind, name));
  const file = doc?.files.find((one) => one.path === path.join("/"));
  const bytes = file && (await authored.blob(file.sha256));
  if (!bytes) throw failure("NOT_FOUND", "There is no such file.", "See ./agon content list.");
  response
    .writeHead(200, {
      "content-type": "application/octet-stream",
      "content-length": bytes.length,
      "cache-control": "private, no-store",
    })
    .end(bytes);
}

/** Public files of stored content, after those of folders. @returns false when there is none such. */
export async function authoredFile(
  authored: Authored,
  path: string,
  response: ServerResponse,
): Promise<boolean> {
  const [, pinned] = /^\/__static__\/([0-9a-f]{16})\/[^/]+$/.exec(path) ?? [];
  const [, flat] = /^\/__static__\/([^/]+)$/.exec(path) ?? [];
  if (!pinned && !flat) return false;
  const found = await authored.publicFile(pinned ?? decodeURIComponent(flat!));
  if (!found) return false;
  response
    .writeHead(200, {
      "content-type": types[extname(found.name).toLowerCase()] ?? "application/octet-stream",
      "content-length": found.bytes.length,
      "cache-control": pinned ? "public, max-age=31536000, immutable" : "public, max-age=60",
      "x-content-type-options": "nosniff",
      "content-security-policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'",
    })
    .end(found.bytes);
  return true;
}
