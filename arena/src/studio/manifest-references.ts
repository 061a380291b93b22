import { isPair, isSeq, visit, type Document, type Scalar } from "yaml";
import { SPEC, parsed, type Path } from "./manifest-form";
import { removeItem, renameKey, setValue } from "./manifest";

/** What other parts of a manifest call by its name. */
export type Named = "machines" | "networks" | "initTasks";

/** A place that names something. */
export interface Reference {
  path: Path;
  /** In words, such as "tab 2" or "eth0 of lab-01". */
  where: string;
}

/** Keys whose values are texts for people and shells: a name in them may be one, or a word of the language. */
const TEXTS = new Set([
  "run",
  "failcheck",
  "hintcheck",
  "env",
  "welcome",
  "content",
  "url",
  "hostRewrite",
  "pathRewrite",
  "markdown",
  "description",
]);

const escaped = (name: string) => name.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
/** A whole word: `lab-01` is none of `lab-01-b`, but one of `lab-01.local`. */
const word = (name: string) => new RegExp(`(?<![\\w-])${escaped(name)}(?![\\w-])`, "g");
/** `x(.needs.TASK.stdout)`: behind its dots no other word can be meant. */
const template = (name: string) =>
  new RegExp(`(?<=\\.(?:needs|tasks)\\.)${escaped(name)}(?![\\w-])`, "g");

/** In the order of the form, whatever that of the text is. */
const ORDER = ["networks", "machines", "tabs", "initTasks", "startupFiles", "portForwards"];
const byForm = (a: Reference, b: Reference) => rank(a.path) - rank(b.path);
const rank = (path: Path) => ORDER.indexOf(String(path[1]));

const own = (path: Path) => (path[0] === SPEC ? path.slice(1) : path);

/** A place in words that the form uses, too. */
function wordsOf(document: Document, path: Path): string {
  const [group, at, ...inner] = own(path);
  const field = (key: string) => document.getIn([SPEC, group, at, key]);
  const last = inner.findLast((one) => typeof one === "string");
  switch (group) {
    case "tabs":
      return `tab ${Number(at) + 1}${last === "machine" ? "" : `'s ${last}`}`;
    case "initTasks":
      return last === "machine" ? `init task ${at}` : `${last} of init task ${at}`;
    case "machines":
      return inner[0] === "network"
        ? `eth${inner[2]} of ${field("name")}`
        : `${last} of machine ${field("name")}`;
    case "startupFiles":
      return `startup file ${field("path")}`;
    case "portForwards":
      return `port forward ${Number(at) + 1}`;
    default:
      return String(group);
  }
}

/** Does a place name something of this kind? */
function names(kind: Named, path: Path): boolean {
  const [group, , key, , last] = own(path);
  if (kind === "networks")
    return (
      group === "machines" && key === "network" && path.at(-1) === "network" && last !== undefined
    );
  if (kind === "initTasks") return group === "initTasks" && key === "needs";
  return (
    (["tabs", "initTasks", "portForwards"].includes(String(group)) && key === "machine") ||
    (group === "startupFiles" && key === "machines")
  );
}

/** Every plain value of a manifest with its place. */
function scalars(document: Document): { path: Path; node: Scalar }[] {
  const found: { path: Path; node: Scalar }[] = [];
  visit(document, {
    Scalar: (key, node, ancestors) => {
      if (key === "key") return;
      const path: Path = [];
      for (const [index, one] of ancestors.entries())
        if (isPair(one)) path.push(String((one.key as Scalar).value));
        else if (isSeq(one)) path.push(one.items.indexOf(ancestors[index + 1] ?? node));
      found.push({ path, node });
    },
  });
  return found;
}

/** All places that name a machine, network or init task: what has to follow when its name changes. */
export function referencesTo(manifest: string, kind: Named, name: string): Reference[] {
  const document = parsed(manifest);
  if (!document || !name) return [];
  return scalars(document)
    .filter(({ path, node }) => node.value === name && names(kind, path))
    .map(({ path }) => ({ path, where: wordsOf(document, path) }))
    .toSorted(byForm);
}

/** Texts that hold a name as a word. Nobody but the author knows whether it is meant. */
export function mentionsOf(manifest: string, name: string): Reference[] {
  const document = parsed(manifest);
  if (!document || !name) return [];
  return scalars(document)
    .filter(
      ({ path, node }) =>
        path.some((key) => TEXTS.has(String(key))) &&
        typeof node.value === "string" &&
        word(name).test(node.value),
    )
    .map(({ path }) => ({ path, where: wordsOf(document, path) }))
    .toSorted(byForm);
}

/** Words replaced within the values at some places, as they are written there. */
function replaced(manifest: string, places: Path[], wanted: RegExp, name: string): string {
  const document = parsed(manifest);
  const ranges = places
    .map((path) => (document?.getIn(path, true) as Scalar | undefined)?.range)
    .filter((range) => range !== undefined && range !== null)
    .sort((a, b) => b[0] - a[0]);
  let text = manifest;
  for (const [from, to] of ranges)
    text =
      text.slice(0, from) + text.slice(from, to).replaceAll(wanted, () => name) + text.slice(to);
  return parsed(text) ? text : manifest;
}

/** The manifest with a name replaced in texts that mention it. */
export const renameMentions = (manifest: string, from: string, to: string): string =>
  replaced(
    manifest,
    mentionsOf(manifest, from).map(({ path }) => path),
    word(from),
    to,
  );

/** The manifest with another name for one of its things, and for it in all that names it. @param at its position in its list. */
export function rename(
  manifest: string,
  kind: Named,
  at: number,
  from: string,
  to: string,
): string {
  const places = referencesTo(manifest, kind, from);
  let text =
    kind === "initTasks"
      ? renameKey(manifest, [SPEC, kind, from], to)
      : setValue(manifest, [SPEC, kind, at, "name"], to);
  // A key that was renamed is part of the places below it.
  const now = (path: Path) =>
    path.map((key, index) => (kind === "initTasks" && index === 2 && key === from ? to : key));
  for (const { path } of places) text = setValue(text, now(path), to);
  if (kind !== "initTasks") return text;
  const document = parsed(text);
  return document
    ? replaced(
        text,
        scalars(document).map(({ path }) => path),
        template(from),
        to,
      )
    : text;
}

/** The manifest without one of its things; what named it names another one instead, or goes with it. */
export function removeNamed(
  manifest: string,
  kind: Named,
  at: number,
  name: string,
  instead: string | undefined,
): string {
  const removed: Path = [SPEC, kind, kind === "initTasks" ? name : at];
  const places = referencesTo(manifest, kind, name)
    .map(({ path }) => path)
    // What goes with it anyway is no matter.
    .filter((path) => !removed.every((key, index) => path[index] === key));
  let text = manifest;
  if (instead !== undefined) for (const path of places) text = reassigned(text, path, instead);
  // From the last one on: positions before it stay true.
  else for (const path of places.toReversed()) text = withoutHolder(text, path);
  const without = removeItem(text, removed);
  // An alias repeats a part of it: nothing is changed by halves.
  return without === text ? manifest : without;
}

/** Without what a name stands in: a whole tab, init task, interface or forward; of a list its entry alone. */
function withoutHolder(manifest: string, path: Path): string {
  const [, group, at] = path;
  if (group === "initTasks" && path.at(-1) === "machine")
    return removeNamed(manifest, "initTasks", 0, String(at), undefined);
  const above = path.slice(0, -1);
  const list = parsed(manifest)?.getIn(above);
  // A startup file for no machine would be one for all.
  if (group === "startupFiles" && isSeq(list) && list.items.length === 1)
    return removeItem(manifest, path.slice(0, 3));
  return removeItem(
    manifest,
    typeof path.at(-1) === "number" || path.at(-1) === "needs" ? path : above,
  );
}

/** Another name at a place; in a list that has it already, the entry goes. */
function reassigned(manifest: string, path: Path, name: string): string {
  const above = path.slice(0, -1);
  const siblings: unknown = parsed(manifest)?.getIn(above);
  const has =
    typeof path.at(-1) === "number" &&
    (siblings as { toJSON(): unknown[] } | undefined)?.toJSON().includes(name);
  return has ? removeItem(manifest, path) : setValue(manifest, path, name);
}
