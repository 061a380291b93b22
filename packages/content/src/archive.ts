import { gzipSync } from "node:zlib";
import type { Files } from "./files.ts";

/** 2000-01-01 UTC, so that the same files give the same bytes (spec 1.4). */
const MODIFIED = 946_684_800;
const MAX_BYTES = 200_000_000;

/** The name without its ending of an archive that is built from a folder, else undefined. */
export function archiveFolder(name: string): string | undefined {
  return /^__static__\/(.+)\.(?:tar\.gz|tgz|tar)$/.exec(name)?.[1];
}

function field(text: string, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  bytes.write(text, "utf8");
  return bytes;
}

const octal = (value: number, length: number): Buffer =>
  field(`${value.toString(8).padStart(length - 1, "0")}\0`, length);

/** A ustar header; a path longer than 255 bytes, or that cannot be split, is refused. */
function header(path: string, size: number, executable: boolean): Buffer {
  let name = path;
  let prefix = "";
  if (Buffer.byteLength(path) > 100) {
    const cut = [...path.matchAll(/\//g)]
      .map((match) => match.index)
      .find(
        (at) =>
          Buffer.byteLength(path.slice(0, at)) <= 155 &&
          Buffer.byteLength(path.slice(at + 1)) <= 100,
      );
    if (cut === undefined) throw new Error(`the path ${path.slice(0, 60)}… is too long`);
    prefix = path.slice(0, cut);
    name = path.slice(cut + 1);
  }
  const block = Buffer.concat([
    field(name, 100),
    octal(executable ? 0o755 : 0o644, 8),
    octal(0, 8),
    octal(0, 8),
    octal(size, 12),
    octal(MODIFIED, 12),
    field(" ".repeat(8), 8),
    field("0", 1),
    field("", 100),
    field("ustar\u000000", 8),
    field("", 32),
    field("", 32),
    octal(0, 8),
    octal(0, 8),
    field(prefix, 155),
    field("", 12),
  ]);
  block.write(
    `${block
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, "0")}\0 `,
    148,
  );
  return block;
}

/** Packs the files below a folder: sorted, with fixed times; gzipped unless the name ends in .tar. */
export function buildArchive(files: Files, folder: string, name: string): Buffer {
  const parts: Buffer[] = [];
  let total = 0;
  for (const path of files.paths.filter((one) => one.startsWith(`${folder}/`))) {
    const bytes = files.read(path);
    total += bytes.length;
    if (total > MAX_BYTES) throw new Error(`it holds more than ${MAX_BYTES} bytes`);
    parts.push(header(path.slice(folder.length + 1), bytes.length, files.executable(path)), bytes);
    parts.push(Buffer.alloc((512 - (bytes.length % 512)) % 512));
  }
  const tar = Buffer.concat([...parts, Buffer.alloc(1024)]);
  return name.endsWith(".tar") ? tar : gzipSync(tar, { level: 9 });
}
