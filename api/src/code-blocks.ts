import { parseMdc, texts } from "@agon/content/mdc";
import type { Nodes } from "mdast";
import remarkGfm from "remark-gfm";
import remarkParse from "remark-parse";
import { unified } from "unified";

/** A fenced block of a text. */
export interface CodeBlock {
  language: string;
  text: string;
}

/** Blocks of a text that are looked at, at most. */
const MOST = 300;
/** Quotes and lists in each other: reading them takes time that grows with the square of their depth. */
const DEEP = /^(?:[ \t]*(?:>|[-*+][ \t]|\d{1,9}[.)][ \t])){20}/m;
const parser = unified().use(remarkParse).use(remarkGfm);

/** The code blocks of a body with components, those in lists and quotes too; each once. */
export function codeBlocksOf(body: string): CodeBlock[] {
  // Most texts of a catalogue's lists have none.
  if (!/^[ \t>\-*+\d.]*(?:```|~~~)/m.test(body)) return [];
  if (DEEP.test(body)) return [];
  const found = new Map<string, CodeBlock>();
  const walk = (node: Nodes): void => {
    if (found.size >= MOST) return;
    if (node.type === "code") {
      const language = (node.lang ?? "").replace(/[{[].*$/, "");
      if (language) found.set(`${language}\n${node.value}`, { language, text: node.value });
    } else if ("children" in node) for (const child of node.children) walk(child);
  };
  for (const { text } of texts(parseMdc(body).nodes)) walk(parser.parse(text));
  return [...found.values()];
}
