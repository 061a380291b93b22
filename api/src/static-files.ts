import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { extname, join } from "node:path";
import type { Asset } from "@agon/content/model";
import type { Content } from "./content.ts";

/** Content types of public files by the end of their names. */
export const types: Record<string, string> = {
  ".png": "image/png",
  ".jpg": "image/jpeg",
  ".jpeg": "image/jpeg",
  ".gif": "image/gif",
  ".webp": "image/webp",
  ".avif": "image/avif",
  ".svg": "image/svg+xml",
  ".mp4": "video/mp4",
  ".webm": "video/webm",
  ".pdf": "application/pdf",
  ".json": "application/json",
  ".txt": "text/plain; charset=utf-8",
  ".sh": "text/plain; charset=utf-8",
};
const YEAR = 365 * 24 * 3600;

/**
 * Public files of content: `/__static__/<hash>/<name>` of one content, for ever the same bytes;
 * `/__static__/<name>` of any content, as scripts in machines ask; `/__static__/<challenge>/<name>`.
 */
export async function staticFile(
  content: Content,
  path: string,
  response: ServerResponse,
): Promise<void> {
  const asset = findAsset(content, path);
  const found = asset && (await stat(asset.file).catch(() => null));
  if (!asset || !found?.isFile()) {
    response.writeHead(404, { "content-type": "text/plain" }).end("Not found\n");
    return;
  }
  const pinned = path.startsWith(`/__static__/${asset.hash}/`);
  // The bytes behind a pinned address never change: a file edited since has another address.
  const fresh = !pinned || found.size === asset.size;
  response.writeHead(200, {
    "content-type": types[extname(asset.name).toLowerCase()] ?? "application/octet-stream",
    "content-length": found.size,
    "cache-control":
      pinned && fresh
        ? `public, max-age=${YEAR}, immutable`
        : "public, max-age=60, must-revalidate",
    "x-content-type-options": "nosniff",
    // An SVG or HTML of an author must not run as ours.
    "content-security-policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'",
  });
  createReadStream(asset.file, { end: Math.max(0, found.size - 1) })
    .on("error", () => response.destroy())
    .pipe(response);
}

/** The public file of a folder behind an address. */
export function findAsset(content: Content, path: string): Asset | undefined {
  let parts: string[];
  try {
    parts = path.split("/").slice(2).map(decodeURIComponent);
  } catch {
    return undefined;
  }
  const { assets, items } = content.catalogue;
  const name = parts.at(-1) ?? "";
  if (parts.length === 1) return assets.get(name);
  if (parts.length !== 2) return undefined;
  const pinned = assets.get(parts[0]!);
  if (pinned && pinned.hash === parts[0]) return pinned;
  const item = items.get(`challenge/${parts[0]!}`);
  const hash = item?.assets[`__static__/${name}`];
  return hash === undefined || !item
    ? undefined
    : {
        hash,
        name,
        file: join(item.folder, "__static__", name),
        size: assets.get(hash)?.size ?? 0,
      };
}
