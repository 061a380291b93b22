import { INLINE_MARK, takeInlines, type MdcInline } from "@agon/content/mdc-inline";
import GithubSlugger from "github-slugger";
import type { Element, ElementContent, Nodes, Root } from "hast";
import type { Code, Root as Tree } from "mdast";
import rehypeSanitize, { defaultSchema } from "rehype-sanitize";
import remarkGfm from "remark-gfm";
import remarkParse from "remark-parse";
import remarkRehype from "remark-rehype";
import { unified } from "unified";
import { RAW, pairTags, rawTag } from "./raw-html";

/** What stands after the language of a fence: a file's name in brackets, lines to mark in braces (spec 8.2). */
export interface Fence {
  label: string;
  /** Whether a line, counted from 1, is marked. */
  marked: (line: number) => boolean;
}

export function parseFence(info: string): Fence {
  const label = /\[([^\]]*)\]/.exec(info)?.[1] ?? "";
  const ranges = [...(/\{([\d,\s-]*)\}/.exec(info)?.[1] ?? "").matchAll(/(\d+)(?:-(\d+))?/g)].map(
    (match) => [Number(match[1]), Number(match[2] ?? match[1])] as const,
  );
  return { label, marked: (line) => ranges.some(([from, to]) => line >= from && line <= to) };
}

/** What a text holds besides plain HTML, each drawn by a component; an `agon-part` stands in its place. */
export type Part =
  | { type: "code"; language: string; text: string; fence: Fence }
  | { type: "inline"; inline: MdcInline };

/** Markdown as sanitised HTML nodes, and the parts that components draw. */
export interface MarkdownDocument {
  root: Root;
  parts: Part[];
}

/** How addresses of a text become addresses of this arena. */
export interface Addresses {
  link: (href: string) => string;
  image: (src: string) => { url: string; width?: number; height?: number };
}

export const PART = "agon-part";

const schema: typeof defaultSchema = {
  ...defaultSchema,
  // Ids of footnotes come with their own prefix; those of headings are made after this.
  clobberPrefix: "",
  tagNames: [...(defaultSchema.tagNames ?? []), "mark", "small", "u", PART, RAW],
  attributes: { ...defaultSchema.attributes, [PART]: ["dataN"], [RAW]: ["dataN"] },
};

const parser = unified().use(remarkParse).use(remarkGfm);

/** Source of definitions in a text: `[name]: address` counts for every piece of its body. */
export function definitions(markdown: string): string {
  return parser
    .parse(markdown)
    .children.filter((node) => node.type === "definition")
    .map((node) => markdown.slice(node.position?.start.offset ?? 0, node.position?.end.offset ?? 0))
    .join("\n");
}

/** Each heading's words; the slugger knows those of the whole page. */
function words(node: Nodes): string {
  if (node.type === "text") return node.value;
  return "children" in node ? node.children.map((child) => words(child as Nodes)).join("") : "";
}

/**
 * Reads Markdown: GitHub's, with inline components and variables. Of raw HTML some plain tags stay; all of it
 * has only tags and attributes of the allow-list. `footnotes` keeps ids of several pieces of a page apart.
 */
export function readMarkdown(
  markdown: string,
  addresses: Addresses,
  slugger = new GithubSlugger(),
  footnotes = "",
): MarkdownDocument {
  const parts: Part[] = [];
  const hold = (part: Part): Element => ({
    type: "element",
    tagName: PART,
    properties: { dataN: String(parts.push(part) - 1) },
    children: [],
  });
  const pipeline = unified()
    .use(remarkRehype, {
      clobberPrefix: `note-${footnotes}`,
      handlers: {
        code: (_state: unknown, node: Code) => {
          const info = `${node.lang ?? ""} ${node.meta ?? ""}`;
          const language = (node.lang ?? "").replace(/[{[].*$/, "");
          return hold({ type: "code", language, text: node.value, fence: parseFence(info) });
        },
        html: (_state: unknown, node: { value: string }) => rawTag(node.value),
      } as never,
    })
    .use(rehypeSanitize, schema);
  const { markdown: marked, inlines } = takeInlines(markdown);
  const root = pipeline.runSync(parser.parse(marked) as Tree) as Root;
  const unmark = (text: string) => text.replaceAll(INLINE_MARK, "");
  /** Puts each inline component where its mark stands. In an attribute there is no place for one. */
  const place = (node: Root | Element): void => {
    node.children = node.children.flatMap((child): ElementContent[] => {
      if (child.type === "element") {
        for (const [key, value] of Object.entries(child.properties))
          if (typeof value === "string") child.properties[key] = unmark(value);
        place(child);
        return [child];
      }
      if (child.type !== "text") return [];
      return child.value.split(INLINE_MARK).flatMap((piece, index): ElementContent[] => {
        if (index % 2 === 0) return piece ? [{ type: "text", value: piece }] : [];
        const inline = inlines[Number(piece)];
        return inline ? [hold({ type: "inline", inline })] : [];
      });
    }) as typeof node.children;
  };
  pairTags(root);
  place(root);
  finish(root, addresses, slugger);
  return { root, parts };
}

/** Ids of headings, addresses, and a box around each table, which may be wider than its page. */
function finish(node: Root | Element, addresses: Addresses, slugger: GithubSlugger): void {
  node.children = node.children.map((child) => {
    if (child.type !== "element") return child;
    finish(child, addresses, slugger);
    const { properties } = child;
    if (/^h[1-6]$/.test(child.tagName) && !properties["id"])
      properties["id"] = slugger.slug(words(child));
    if (child.tagName === "a" && typeof properties["href"] === "string") {
      const href = addresses.link(properties["href"]);
      properties["href"] = href;
      // What leaves the arena leaves the running play where it is.
      if (/^https?:/.test(href))
        Object.assign(properties, { target: "_blank", rel: ["noopener", "noreferrer"] });
    }
    // Of a task list: only told, never changed.
    if (child.tagName === "input")
      properties["ariaLabel"] = properties["checked"] ? "Done" : "Open";
    if (child.tagName === "img" && typeof properties["src"] === "string") {
      const { url, width, height } = addresses.image(properties["src"]);
      Object.assign(properties, { src: url, loading: "lazy", ...(width ? { width, height } : {}) });
    }
    return child.tagName === "table" ? scrolls(child) : child;
  }) as typeof node.children;
}

function scrolls(table: Element): ElementContent {
  return {
    type: "element",
    tagName: "div",
    properties: { className: ["tablebox"], tabIndex: 0, role: "region", ariaLabel: "Table" },
    children: [table],
  };
}
