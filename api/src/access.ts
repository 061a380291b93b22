import { allows } from "@agon/content/access";
import { DIMENSIONS, type AccessControl, type Dimension } from "@agon/content/model";
import type { Viewer } from "./viewer.ts";

/** Whose content it is, and who may do what with it. */
export interface Guarded {
  /** Handle of its author; empty = it came with the arena, and belongs to its operators. */
  owner: string;
  /** A missing dimension: `anyone` for what came with the arena, else `owner`. */
  lists: AccessControl;
}

/**
 * Whether a viewer may do it (spec 9).
 * @param instructs whether they teach a training that it belongs to; asked only where a list says so.
 */
export function may(
  { owner, lists }: Guarded,
  dimension: Dimension,
  viewer: Viewer | null,
  instructs: () => boolean = () => false,
): boolean {
  const owns = owner
    ? viewer?.handle === owner
    : viewer?.role === "operator" || viewer?.role === "bot";
  const list = lists[dimension] ?? [owner ? "owner" : "anyone"];
  return allows(list, {
    owns: owns ?? false,
    ...(viewer && { id: viewer.id, studentOf: viewer.studentOf ?? [] }),
    instructs: viewer !== null && list.includes("instructor") && instructs(),
  });
}

/** Lists as stored or sent, with only what they can hold. */
export function readLists(value: unknown): AccessControl {
  if (typeof value !== "object" || value === null) return {};
  const given = value as Record<string, unknown>;
  return Object.fromEntries(
    DIMENSIONS.filter((dimension) => Array.isArray(given[dimension])).map((dimension) => [
      dimension,
      (given[dimension] as unknown[])
        .filter((one): one is string => typeof one === "string" && one.length <= 100)
        .slice(0, 100),
    ]),
  );
}
