import { DIMENSIONS, OF_PLAYGROUNDS, type AccessControl } from "./model.ts";
import type { Source } from "./source.ts";
import { asList, asMap, asText } from "./value.ts";

/** Principals of spec 9; one of another form never matches. */
const PRINCIPAL =
  /^(?:owner|anyone|authenticated|instructor|nobody|github:[A-Za-z0-9-]+|user:[\w-]+|student:[a-z0-9-]+|has-pack:[\w-]+)$/;
/** Principals of one list. */
const MAX_PRINCIPALS = 200;

/** Whether a principal is one of the vocabulary. */
export const isPrincipal = (text: string): boolean => PRINCIPAL.test(text);

/** Why a principal of the vocabulary matches nobody in this arena; empty = it can match. */
export function neverMatches(principal: string): string {
  if (principal.startsWith("github:")) return "nobody signs in with GitHub here";
  if (principal.startsWith("has-pack:")) return "there are no content packs here";
  return "";
}

/** Somebody who asks for something. */
export interface Asker {
  /** Undefined = nobody is signed in. */
  id?: string;
  github?: string;
  owns: boolean;
  /** Trainings in which they are enrolled and approved, and which are on. */
  studentOf?: readonly string[];
  /** They teach a training that the content is attached to. */
  instructs?: boolean;
  packs?: readonly string[];
}

/** Whether any entry of a list matches; `nobody` denies everyone, owners too (spec 9). */
export function allows(list: readonly string[], who: Asker): boolean {
  if (list.includes("nobody")) return false;
  return list.some((principal) => {
    const [kind, name = ""] = principal.split(/:(.*)/s);
    switch (kind) {
      case "anyone":
        return true;
      case "owner":
        return who.owns;
      case "authenticated":
        return who.id !== undefined;
      case "user":
        return who.id !== undefined && name === who.id;
      case "github":
        return who.github !== undefined && name.toLowerCase() === who.github.toLowerCase();
      case "student":
        return who.studentOf?.includes(name) ?? false;
      case "instructor":
        return who.instructs ?? false;
      case "has-pack":
        return who.packs?.includes(name) ?? false;
      default:
        return false;
    }
  });
}

/** Every dimension `[owner]`: new content is a private draft. */
export const draftAccess = (): AccessControl =>
  Object.fromEntries(DIMENSIONS.map((dimension) => [dimension, ["owner"]]));

/** What was published by putting it into the arena's folders. */
export const openAccess = (): AccessControl =>
  Object.fromEntries(DIMENSIONS.map((dimension) => [dimension, ["anyone"]]));

/** `accessControl` of a manifest, or the deprecated `access` (spec 3.3.6 and 3.5). */
export function readAccess(
  source: Source,
  spec: Record<string, unknown>,
): AccessControl | undefined {
  const lists = asMap(spec["accessControl"]);
  const at = ["playground", "accessControl"];
  if (Object.keys(lists).length === 0) return readOldAccess(source, spec["access"]);
  const access: AccessControl = {};
  for (const dimension of OF_PLAYGROUNDS) {
    const list = asList(lists[dimension]).map(asText).filter(Boolean);
    if (list.length === 0)
      source.warn(
        "AG042",
        lists[dimension] === undefined ? at : [...at, dimension],
        `${dimension} names nobody: it is taken as [owner]`,
        `write ${dimension}: [anyone], or [owner]`,
      );
    if (list.length > MAX_PRINCIPALS)
      source.error(
        "AG042",
        [...at, dimension],
        `${dimension} has more than ${MAX_PRINCIPALS} entries`,
        "use a training or a pack",
      );
    for (const [index, principal] of list.entries())
      if (!isPrincipal(principal))
        source.warn(
          "AG042",
          [...at, dimension, index],
          `"${principal}" is no principal and never matches`,
          "use owner, anyone, authenticated, nobody, github:NAME, user:ID, student:TRAINING",
        );
    for (const [index, principal] of list.entries())
      if (neverMatches(principal))
        source.warn(
          "AG091",
          [...at, dimension, index],
          `"${principal}" never matches here, because ${neverMatches(principal)}`,
          "name the user by user:ID, or let in a training's students by student:TRAINING",
        );
    access[dimension] = list.length ? list.slice(0, MAX_PRINCIPALS) : ["owner"];
  }
  return access;
}

function readOldAccess(source: Source, value: unknown): AccessControl | undefined {
  if (value === undefined || value === null) return undefined;
  const mode = asText(asMap(value)["mode"]);
  const who = { private: "owner", public: "anyone" }[mode];
  if (who === undefined) {
    source.error(
      "AG042",
      ["playground", "access"],
      `access has no mode "${mode}"`,
      "write accessControl: with the lists canList, canRead and canStart",
    );
    return undefined;
  }
  return Object.fromEntries(OF_PLAYGROUNDS.map((dimension) => [dimension, [who]]));
}
