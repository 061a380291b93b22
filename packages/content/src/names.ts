/** A name of content: the last segment of its address, and its folder (spec 1.2). */
export const NAME = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/;

/** The number that orders a part: of `10.frames`, `000.index.md`, `unit-030.md`; undefined without one. */
export function orderOf(name: string): bigint | undefined {
  const digits = /^(?:unit-)?(\d+)/.exec(name)?.[1];
  return digits === undefined ? undefined : BigInt(digits.slice(0, 40));
}

/** Parts by their number, as integers; names without one last, alphabetically (spec 1.3). */
export function compareParts(a: string, b: string): number {
  const [left, right] = [orderOf(a), orderOf(b)];
  if (left !== undefined && right !== undefined && left !== right) return left < right ? -1 : 1;
  if ((left === undefined) !== (right === undefined)) return left === undefined ? 1 : -1;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** `10.frames` → `frames`, `unit-10.md` → `unit-10`: the public name of a part that gives none. */
export function withoutNumber(name: string): string {
  return name.replace(/\.md$/, "").replace(/^\d+[.\-_]?(?=.)/, "");
}

/** Names of embed maps: old content writes `_` for `-` (spec 2.4, C11). */
export const nameOfKey = (key: string): string => key.replaceAll("_", "-");

/**
 * Finds a name among names: exactly, else with a suffix of 8 hex digits that one of the two has
 * (spec 1.2). `_` counts as `-`.
 */
export function resolveName<T>(names: ReadonlyMap<string, T>, wanted: string): T | undefined {
  const exact = names.get(wanted) ?? names.get(nameOfKey(wanted));
  if (exact !== undefined) return exact;
  const name = nameOfKey(wanted);
  const bare = name.replace(SUFFIX, "");
  if (bare !== name && names.has(bare)) return names.get(bare);
  for (const [known, value] of names)
    if (SUFFIX.test(known) && known.replace(SUFFIX, "") === name) return value;
  return undefined;
}

const SUFFIX = /-[0-9a-f]{8}$/;
