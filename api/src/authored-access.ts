import { isPrincipal } from "@agon/content/access";
import type { Kind } from "@agon/content/kinds";
import { DIMENSIONS, OF_PLAYGROUNDS, type AccessControl } from "@agon/content/model";
import { failure } from "./failure.ts";

/** Names in one list at most. */
const PRINCIPALS = 100;

/** Those of the lists that a playground has. */
export const ofPlayground = (access: AccessControl): AccessControl =>
  Object.fromEntries(
    OF_PLAYGROUNDS.map((dimension) => [dimension, access[dimension] ?? ["owner"]]),
  );

/** Lists as somebody sends them. @throws what is wrong with them. */
export function checkedLists(kind: Kind, lists: Record<string, unknown>): AccessControl {
  const access: AccessControl = {};
  const dimensions = kind === "playground" ? OF_PLAYGROUNDS : DIMENSIONS;
  const how = "Write owner, anyone, authenticated, nobody, github:NAME, user:ID …";
  for (const [key, list] of Object.entries(lists)) {
    const dimension = dimensions.find((one) => one === key);
    if (!dimension)
      throw failure(
        "BAD_INPUT",
        `There is no list ${key.slice(0, 40)} of a ${kind}.`,
        `There are: ${dimensions.join(", ")}`,
      );
    if (!Array.isArray(list) || list.length === 0 || list.length > PRINCIPALS)
      throw failure("BAD_INPUT", `${dimension} must name 1 to ${PRINCIPALS} principals.`, how);
    const wrong = list.find((one) => typeof one !== "string" || !isPrincipal(one));
    if (wrong !== undefined)
      throw failure("BAD_INPUT", `"${String(wrong).slice(0, 60)}" is no principal.`, how);
    access[dimension] = [...new Set(list as string[])];
  }
  return access;
}
