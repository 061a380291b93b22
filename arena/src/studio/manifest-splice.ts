import {
  Document,
  isAlias,
  isCollection,
  isMap,
  isNode,
  isScalar,
  isSeq,
  parseDocument,
} from "yaml";
import { stringify, type Node, type Pair, type Scalar } from "yaml";
import { SPEC, type Path } from "./manifest-form";

const isPlain = (value: unknown) => typeof value !== "object" || value === null;

/** A value as it stands between brackets, in the style in which people write manifests. */
function inFlow(value: unknown): string {
  if (typeof value === "string" && value.includes("\n")) return JSON.stringify(value);
  const document = new Document(value);
  if (isCollection(document.contents)) document.contents.flow = true;
  // { a: 1 } and [a, b], as people write them.
  const flowCollectionPadding = !(Array.isArray(value) && value.every(isPlain));
  return document.toString({ lineWidth: 0, flowCollectionPadding }).trim();
}

/** A value inside of maps, and of lists that it is the first item of, as a path says. */
export const within = (path: Path, value: unknown): unknown =>
  path.reduceRight<unknown>(
    (inner, one) => (typeof one === "number" ? [inner] : { [one]: inner }),
    value,
  );

/** A key with its value as lines of a block; a list of words stands between brackets. */
function asLines(key: string, value: unknown): string {
  return Array.isArray(value) && value.every(isPlain)
    ? `${stringify(key).trim()}: ${inFlow(value)}\n`
    : stringify({ [key]: value }, { lineWidth: 0, blockQuote: "literal" });
}

const indented = (lines: string, indent: string): string =>
  lines.trimEnd().replaceAll(/^(?=.)/gm, indent);

/** The end of what a value says: blank lines behind it belong to nobody. */
function endOf(text: string, node: Node): number {
  const [from, end] = node.range!;
  return from + text.slice(from, end).trimEnd().length;
}

/** Where the lines of a value end: behind its last line break, or at the end of the text. */
function endOfLines(text: string, node: Node): number {
  const end = Math.max(endOf(text, node), node.range![0]);
  const next = text.indexOf("\n", end);
  return next < 0 ? text.length : next + 1;
}

const startOfLine = (text: string, at: number): number => text.lastIndexOf("\n", at - 1) + 1;

/** Blanks up to where a node begins on its line: dashes and keys before it count as such. */
const blanksTo = (text: string, at: number): string =>
  text.slice(startOfLine(text, at), at).replaceAll(/[^ ]/g, " ");

/** What stands before a block collection's first entry on its line; undefined where that is more than blanks. */
function indentOf(text: string, node: Node): string | undefined {
  const at = node.range![0];
  const before = text.slice(startOfLine(text, at), at);
  return before.trim() === "" ? before : undefined;
}

/** Lines put behind those of a node. */
function behind(text: string, node: Node, lines: string, indent: string): string {
  const at = endOfLines(text, node);
  const before = text.slice(0, at);
  return `${before}${before.endsWith("\n") ? "" : "\n"}${indented(lines, indent)}\n${text.slice(at)}`;
}

/** An entry put behind the last one of a flow collection. */
function intoFlow(text: string, node: Node, last: Node | undefined, entry: string): string {
  const from = node.range![0];
  if (!last) {
    const pad = text[from] === "{" ? " " : "";
    return `${text.slice(0, from + 1)}${pad}${entry}${pad}${text.slice(node.range![1] - 1)}`;
  }
  const at = endOf(text, last);
  return `${text.slice(0, at)}, ${entry}${text.slice(at)}`;
}

const lastOf = (pair: Pair<Node, Node | null> | undefined): Node | undefined =>
  pair ? (pair.value ?? pair.key) : undefined;

/** The text with one more item in a list, every other byte as it was; undefined where that can't be. */
export function spliceItem(text: string, path: Path, value: unknown): string | undefined {
  const node = parseDocument(text).getIn(path, true);
  if (!isSeq(node) || !node.range) return undefined;
  const last = node.items.at(-1) as Node | undefined;
  if (node.flow) return intoFlow(text, node, last, inFlow(value));
  const indent = indentOf(text, node);
  if (!last?.range || indent === undefined) return undefined;
  // As its neighbour is written.
  const flat = (isCollection(last) && last.flow) || isScalar(last);
  return behind(
    text,
    last,
    flat ? `- ${inFlow(value)}` : stringify([value], { lineWidth: 0 }),
    indent,
  );
}

/**
 * The text with one more key in a map, every other byte as it was; undefined where that can't be. Maps
 * that are missing on the way are made.
 */
export function spliceKey(text: string, path: Path, value: unknown): string | undefined {
  const document = parseDocument(text);
  let at = path.length - 1;
  while (at > 0 && document.getIn(path.slice(0, at), true) === undefined) at--;
  const key = String(path[at]);
  const made = within(path.slice(at + 1), value);
  const node = document.getIn(path.slice(0, at), true);
  if (!isMap(node) || !node.range || node.has(path[at])) return undefined;
  const pairs = node.items as Pair<Node, Node>[];
  // The specification is long, and comes last: what is said about the playground stands above it.
  const isHead = at === 0 && isScalar(pairs.at(-1)?.key) && pairs.length > 1;
  const specLast = isHead && (pairs.at(-1)!.key as Scalar).value === SPEC;
  const last = lastOf(pairs.at(specLast ? -2 : -1));
  if (node.flow) return intoFlow(text, node, last, `${stringify(key).trim()}: ${inFlow(made)}`);
  if (!last?.range) return undefined;
  return behind(text, last, asLines(key, made), blanksTo(text, node.range[0]));
}

/** True when the place lies between brackets, where lines mean nothing. */
function inBrackets(document: Document, path: Path): boolean {
  return path.some((_, length) => {
    const node = document.getIn(path.slice(0, length), true);
    return isCollection(node) && node.flow === true;
  });
}

/** The text with one value in the place of another, every byte outside of it as it was; undefined where that can't be. */
export function spliceValue(text: string, path: Path, value: unknown): string | undefined {
  const document = parseDocument(text);
  const node = document.getIn(path, true);
  const parent = document.getIn(path.slice(0, -1), true);
  if (!isNode(node) || isAlias(node) || !node.range || node.anchor || node.tag) return undefined;
  const end = endOf(text, node);
  if (inBrackets(document, path)) {
    const gap = text[node.range[0] - 1] === ":" ? " " : "";
    return (
      text.slice(0, node.range[0]) + gap + inFlow(value) + text.slice(Math.max(end, node.range[0]))
    );
  }
  if (isSeq(parent)) return text.slice(0, node.range[0]) + inFlow(value) + text.slice(end);
  if (!isMap(parent)) return undefined;
  const pair = parent.items.find(({ key }) => isScalar(key) && key.value === path.at(-1));
  const key = pair?.key as Node | undefined;
  if (!key?.range) return undefined;
  let lines = indented(
    asLines(String(path.at(-1)), value),
    blanksTo(text, key.range[0]),
  ).trimStart();
  let to = Math.max(end, key.range[1] + 1);
  const isBlock = isScalar(node) && node.type?.startsWith("BLOCK");
  // A comment behind the value, or behind `|`, is not the value's; lines would push it to their end.
  const comment = isBlock
    ? /[ \t]#.*/.exec(text.slice(node.range[0]).split("\n", 1)[0]!)?.[0]
    : /^[ \t]+#.*/.exec(text.slice(to))?.[0];
  if (comment && (isBlock || lines.includes("\n"))) {
    lines = lines.replace(/$/m, () => comment);
    if (!isBlock) to += comment.length;
  }
  return text.slice(0, key.range[0]) + lines + text.slice(to);
}

/** The text with another name for a key, every other byte as it was. */
export function spliceName(text: string, path: Path, name: string): string | undefined {
  const node = parseDocument(text).getIn(path.slice(0, -1), true);
  if (!isMap(node) || node.has(name)) return undefined;
  const key = node.items.find((pair) => isScalar(pair.key) && pair.key.value === path.at(-1))?.key;
  const range = (key as Node | undefined)?.range;
  if (!range) return undefined;
  return text.slice(0, range[0]) + stringify(name).trim() + text.slice(range[1]);
}

/** The text without one item of a list or key of a map, every other byte as it was; undefined where that can't be. */
export function spliceOut(text: string, path: Path): string | undefined {
  const node = parseDocument(text).getIn(path.slice(0, -1), true);
  if (!isCollection(node) || !node.range) return undefined;
  const spans = node.items.map((item): [Node, Node] | undefined => {
    const first = isMap(node) ? ((item as Pair).key as Node) : (item as Node);
    const last = isMap(node) ? lastOf(item as Pair<Node, Node>)! : first;
    return first?.range && last?.range ? [first, last] : undefined;
  });
  const at = isMap(node)
    ? node.items.findIndex(({ key }) => isScalar(key) && key.value === path.at(-1))
    : Number(path.at(-1));
  const [mine, previous, next] = [spans[at], spans[at - 1], spans[at + 1]];
  // The last one of its kind is not taken out by itself.
  if (!mine || spans.length === 1) return undefined;
  if (node.flow) {
    const [from, to] = previous
      ? [endOf(text, previous[1]), endOf(text, mine[1])]
      : [mine[0].range![0], next![0].range![0]];
    return text.slice(0, from) + text.slice(to);
  }
  const line = startOfLine(text, mine[0].range![0]);
  const before = text.slice(line, mine[0].range![0]);
  const end = endOfLines(text, mine[1]);
  if (isMap(node) && before.trim() !== "") {
    // The first key of a list's item: the next one takes its place behind the dash.
    if (!next) return undefined;
    const to = next[0].range![0];
    const from = mine[0].range![0];
    return text.slice(end, to).trim() === ""
      ? text.slice(0, from) + text.slice(to)
      : `${text.slice(0, from).trimEnd()}\n${text.slice(end)}`;
  }
  if (isSeq(node) && before.trim() !== "-") return undefined;
  return text.slice(0, line) + text.slice(end);
}
