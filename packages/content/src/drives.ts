import type { Drive } from "./model.ts";
import type { Source } from "./source.ts";
import { asBytes, asList, asMap, asText } from "./value.ts";

const GIB = 1024 ** 3;
/** Limits of spec 3.3.2. */
const MAX_DRIVES = 24;
const SIZE = { least: GIB, most: 100 * GIB };
const MAX_TOTAL = 240 * GIB;
/** What a drive can be formatted as. */
export const FILESYSTEMS = ["ext2", "ext3", "ext4", "xfs", "btrfs"] as const;
/** Roughly; hosts look closely. */
const OCI = /^oci:\/\/[\w.-]+(?::\d+)?\/[\w./-]+(?::[\w.-]+)?(?:@sha256:[0-9a-f]{64})?$/;
/** What images are kept as. */
const OF_IMAGES = "ext4";
/** Bytes of a drive that names no size. */
const DEFAULT_SIZE = GIB;

/** What a machine's list of drives says, besides the root drive's image and size. */
export interface Drives {
  drives: Drive[];
  rootPosition: number;
}

/** The drive with `mount: /`, else the first. */
export function rootOf(drives: unknown): number {
  const list = asList(drives).map(asMap);
  return Math.max(
    0,
    list.findIndex((drive) => asText(drive["mount"]) === "/"),
  );
}

/** Drives of a machine, from a list that checkDrives accepts (spec 3.3.2). */
export function readDrives(value: unknown): Drives {
  const root = rootOf(value);
  const drives = asList(value)
    .map(asMap)
    .filter((_, index) => index !== root)
    .map((drive) => {
      const [mount, from] = [asText(drive["mount"]), asText(drive["source"])];
      return {
        mount,
        sizeBytes: asBytes(drive["size"], DEFAULT_SIZE),
        // An image brings its own.
        filesystem: from ? OF_IMAGES : asText(drive["filesystem"]) || (mount ? "ext4" : ""),
        readOnly: drive["readOnly"] === true,
        ...(from && { source: from }),
      };
    });
  return { drives, rootPosition: root };
}

/** Tells what is wrong with a machine's drives. */
export function checkDrives(source: Source, at: (string | number)[], value: unknown): void {
  const list = asList(value).map(asMap);
  const root = rootOf(value);
  if (list.length > MAX_DRIVES)
    source.error("AG037", at, `${list.length} drives`, `use at most ${MAX_DRIVES}`);
  if (list.filter((drive) => asText(drive["mount"]) === "/").length > 1)
    source.error("AG037", at, "two drives have mount: /", "give exactly one drive mount: /");
  const mounts = new Set<string>();
  let total = 0;
  for (const [index, drive] of list.entries()) {
    const here = [...at, index];
    const [from, mount, filesystem] = [drive["source"], drive["mount"], drive["filesystem"]].map(
      asText,
    ) as [string, string, string];
    const size = asBytes(drive["size"], index === root ? 2 * GIB : DEFAULT_SIZE);
    total += size;
    if (size < SIZE.least || size > SIZE.most)
      source.error(
        "AG037",
        [...here, "size"],
        `a drive of ${asText(drive["size"])}`,
        "use 1GiB to 100GiB",
      );
    if (from.startsWith("oci://") && !OCI.test(from))
      source.error(
        "AG037",
        [...here, "source"],
        `"${from}" names no image of a registry`,
        "write oci://REGISTRY/REPOSITORY:TAG, or with a digest: oci://REGISTRY/REPOSITORY:TAG@sha256:…",
      );
    if (from && filesystem && filesystem !== OF_IMAGES)
      source.warn(
        "AG038",
        [...here, "filesystem"],
        `a drive with a source has the filesystem of its image, ${OF_IMAGES}, not ${filesystem}`,
        "leave filesystem out",
      );
    if (filesystem && !(FILESYSTEMS as readonly string[]).includes(filesystem))
      source.error(
        "AG037",
        [...here, "filesystem"],
        `unknown filesystem "${filesystem}"`,
        `use one of ${FILESYSTEMS.join(", ")}`,
      );
    if (index === root) continue;
    if (mount && !/^(\/[A-Za-z0-9._-]+)+$/.test(mount))
      source.error(
        "AG037",
        [...here, "mount"],
        `"${mount}" is no place for a drive`,
        "use an absolute path of letters, digits, dots, - and _",
      );
    if (mount && mounts.has(mount))
      source.error(
        "AG037",
        [...here, "mount"],
        `two drives are mounted at ${mount}`,
        "use another path",
      );
    mounts.add(mount);
  }
  if (total > MAX_TOTAL)
    source.error("AG037", at, "the drives are larger than 240GiB together", "make them smaller");
}
