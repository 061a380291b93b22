import { dirname, join } from "node:path/posix";
import { archiveFolder, buildArchive } from "./archive.ts";
import type { StartupFile } from "./model.ts";
import type { Source } from "./source.ts";
import { asList, asMap, asText } from "./value.ts";

/** Entries of a machine's list and of a play-wide one (spec 3.3.2). */
export const MAX_FILES = 10;
export const MAX_PLAY_WIDE = 20;
/** Bytes of one `source` at most. */
const MAX_SOURCE = 4 * 1024 * 1024;
/** Bytes of all of a play's startup files: they travel to its host in one message, and are stored in one document. */
const MAX_TOGETHER = 8 * 1024 * 1024;
const OWNER = /^(?:[a-z_][a-z0-9_-]*|\d+)(?::(?:[a-z_][a-z0-9_-]*|\d+))?$/;
const KEYS = new Set([
  "path",
  "content",
  "source",
  "extract",
  "append",
  "owner",
  "mode",
  "machines",
]);

type At = (string | number)[];

/** Bytes of `__static__/…` beside the declaring file, as base64; a problem is told and gives "". */
function staticFile(source: Source, at: At, name: string): string {
  const { files } = source;
  const beside = (path: string) => join(dirname(source.path), path);
  const folder = archiveFolder(name);
  if (folder && files.paths.some((path) => path.startsWith(`${beside(folder)}/`)))
    try {
      return within(buildArchive(files, beside(folder), name)).toString("base64");
    } catch (error) {
      source.error(
        "AG046",
        at,
        `${name} could not be built from the folder ${folder}: ${(error as Error).message}`,
        "make the folder smaller, or leave files out with an ignore file in it",
      );
      return "";
    }
  try {
    const path = beside(name);
    if (!files.has(path)) throw new Error("there is nothing of that name in __static__");
    if (!name.startsWith("__static__/")) throw new Error("it does not begin with __static__/");
    if (!path.startsWith(beside("__static__/"))) throw new Error("it leads out of __static__");
    return within(files.read(path)).toString("base64");
  } catch (error) {
    source.error(
      "AG043",
      at,
      `source "${name}" of a startup file could not be read: ${(error as Error).message}`,
      "name a file as __static__/NAME; it lies beside the file that declares it",
    );
    return "";
  }
}

function within(bytes: Buffer): Buffer {
  if (bytes.length > MAX_SOURCE) throw new Error(`it is larger than ${MAX_SOURCE} bytes`);
  return bytes;
}

/** Reads a list of startup files; what is wrong is told at its place. */
export function readStartupFiles(
  source: Source,
  at: At,
  value: unknown,
  playWide: boolean,
): StartupFile[] {
  const list = asList(value);
  const limit = playWide ? MAX_PLAY_WIDE : MAX_FILES;
  if (list.length > limit)
    source.error(
      "AG043",
      at,
      `more than ${limit} startup files`,
      "pack some into an archive: extract: true",
    );
  return list.map((one, index) => {
    const spec = asMap(one);
    const here = [...at, index];
    const path = asText(spec["path"]);
    if (!path.startsWith("/") || path.split("/").includes("..") || path.includes("\0"))
      source.error(
        "AG043",
        [...here, "path"],
        `path "${path}" of a startup file is not absolute`,
        "begin it with /, without ..",
      );
    for (const key of Object.keys(spec))
      if (!KEYS.has(key) || (key === "machines" && !playWide))
        source.warn("AG043", [...here, key], `${key} of a startup file is not known`, "remove it");
    const extract = spec["extract"] === true;
    const from = asText(spec["source"]);
    if ((spec["content"] === undefined) === (from === ""))
      source.error(
        "AG043",
        here,
        "a startup file has content: or source:, one of them",
        "keep one",
      );
    if (extract && !from)
      source.error(
        "AG043",
        [...here, "extract"],
        "extract needs a source",
        "name a tar with source:",
      );
    if (extract && spec["append"] === true)
      source.error(
        "AG043",
        [...here, "append"],
        "an archive cannot be appended",
        "remove append or extract",
      );
    const owner = asText(spec["owner"]);
    if (owner && !OWNER.test(owner))
      source.error(
        "AG043",
        [...here, "owner"],
        `owner "${owner}" is none`,
        "write user, user:group or UID:GID, without blanks",
      );
    // An unquoted 0644 or 644 is a number to YAML: what counts are the digits as written.
    const mode = spec["mode"] === undefined ? "" : source.written([...here, "mode"]);
    if (mode && !/^0?o?[0-7]{3,4}$/.test(mode))
      source.error(
        "AG043",
        [...here, "mode"],
        `mode "${mode}" is not octal`,
        'write for example mode: "644"',
      );
    const fetched = /^https?:/i.test(from);
    if (fetched && !URL.parse(from)?.hostname)
      source.error(
        "AG043",
        [...here, "source"],
        `source "${from}" of a startup file is no address`,
        "write https://HOST/PATH, or __static__/NAME",
      );
    if (fetched && from.startsWith("http:"))
      source.warn(
        "AG043",
        [...here, "source"],
        "anybody on the way can change a startup file that comes without TLS",
        "write https://",
      );
    return {
      path,
      ...(fetched && { source: from }),
      content: fetched
        ? ""
        : from
          ? staticFile(source, [...here, "source"], from)
          : asText(spec["content"]),
      encoding: from ? "base64" : "utf8",
      owner,
      mode: Number.parseInt(mode.replace("o", ""), 8) || 0o644,
      append: spec["append"] === true,
      extract,
      machines: asList(spec["machines"]).map(asText),
    };
  });
}

/** Tells when a play's startup files are too large together. */
export function checkStartupSize(source: Source, files: StartupFile[]): void {
  const bytes = files.reduce((sum, { content, encoding }) => {
    return sum + Buffer.byteLength(content, encoding);
  }, 0);
  if (bytes > MAX_TOGETHER)
    source.error(
      "AG044",
      ["playground"],
      `the startup files have ${bytes} bytes, more than ${MAX_TOGETHER} together`,
      "make them smaller, or let an init task make what they hold",
    );
}
