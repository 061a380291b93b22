import { Document, isCollection, isMap, isScalar, isSeq, parseDocument, stringify } from "yaml";
import type { Node, Pair } from "yaml";

type Path = (string | number)[];

/** A value as it stands between brackets, in the style in which people write manifests. */
function inFlow(value: unknown): string {
  const document = new Document(value);
  if (isCollection(document.contents)) document.contents.flow = true;
  return document.toString({ lineWidth: 0, flowCollectionPadding: true }).trim();
}

/** Where the lines of a value end: behind its last line break, or at the end of the text. */
function endOfLines(text: string, node: Node): number {
  const end = node.range![1];
  if (text[end - 1] === "\n") return end;
  const next = text.indexOf("\n", end);
  return next < 0 ? text.length : next + 1;
}

const startOfLine = (text: string, at: number): number => text.lastIndexOf("\n", at - 1) + 1;

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
  return `${before}${before.endsWith("\n") ? "" : "\n"}${lines.trimEnd().replaceAll(/^(?=.)/gm, indent)}\n${text.slice(at)}`;
}

/** An entry put before the closing bracket of a flow collection. */
function beforeBracket(text: string, node: Node, isEmpty: boolean, entry: string): string {
  const [from, end] = node.range!;
  const inner = text.slice(from + 1, end - 1);
  const at = from + 1 + inner.trimEnd().length;
  const pad = isEmpty && text[from] === "{" ? " " : "";
  return `${text.slice(0, at)}${isEmpty ? pad : ", "}${entry}${pad}${text.slice(at)}`;
}

/** The text with one more item in a list, every other byte as it was; undefined where that can't be. */
export function spliceItem(text: string, path: Path, value: unknown): string | undefined {
  const node = parseDocument(text).getIn(path, true);
  if (!isSeq(node) || !node.range) return undefined;
  if (node.flow) return beforeBracket(text, node, node.items.length === 0, inFlow(value));
  const last = node.items.at(-1) as Node | undefined;
  const indent = indentOf(text, node);
  if (!last?.range || indent === undefined) return undefined;
  return behind(text, last, stringify([value], { lineWidth: 0 }), indent);
}

/** The text with one more key in a map, every other byte as it was; undefined where that can't be. */
export function spliceKey(text: string, path: Path, value: unknown): string | undefined {
  const key = path.at(-1);
  const node = parseDocument(text).getIn(path.slice(0, -1), true);
  if (!isMap(node) || !node.range || node.has(key)) return undefined;
  if (node.flow)
    return beforeBracket(text, node, node.items.length === 0, `${key}: ${inFlow(value)}`);
  const last = node.items.at(-1) as Pair<Node, Node> | undefined;
  const indent = indentOf(text, node);
  // Of a map that is an item of a list, the first line begins with its dash.
  const blank =
    indent ?? text.slice(startOfLine(text, node.range[0]), node.range[0]).replaceAll(/[^ ]/g, " ");
  if (!last?.value?.range) return undefined;
  return behind(text, last.value, stringify({ [key as string]: value }, { lineWidth: 0 }), blank);
}

/** The text without one item of a list or key of a map, every other byte as it was; undefined where that can't be. */
export function spliceOut(text: string, path: Path): string | undefined {
  const node = parseDocument(text).getIn(path.slice(0, -1), true);
  if (!isCollection(node) || !node.range) return undefined;
  const spans = node.items.map((item): [number, number] | undefined => {
    const first = isMap(node) ? ((item as Pair).key as Node) : (item as Node);
    const last = isMap(node)
      ? (((item as Pair).value ?? (item as Pair).key) as Node)
      : (item as Node);
    return first?.range && last?.range ? [first.range[0], last.range[1]] : undefined;
  });
  const at = isMap(node)
    ? node.items.findIndex(({ key }) => isScalar(key) && key.value === path.at(-1))
    : Number(path.at(-1));
  const [mine, previous, next] = [spans[at], spans[at - 1], spans[at + 1]];
  if (!mine) return undefined;
  if (!node.flow) {
    if (spans.length === 1) return undefined;
    const item = node.items[at];
    const last = isMap(node) ? ((item as Pair).value as Node) : (item as Node);
    const from = startOfLine(text, mine[0]);
    return last?.range ? text.slice(0, from) + text.slice(endOfLines(text, last)) : undefined;
  }
  const [from, to] = previous ? [previous[1], mine[1]] : [mine[0], next ? next[0] : mine[1]];
  return text.slice(0, from) + text.slice(to);
}
