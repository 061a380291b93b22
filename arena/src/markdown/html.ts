import type { Element, ElementContent, Root } from "hast";
import { toHtml } from "hast-util-to-html";
import type { Nodes } from "mdast";
import rehypeSanitize, { defaultSchema } from "rehype-sanitize";
import remarkGfm from "remark-gfm";
import remarkParse from "remark-parse";
import remarkRehype from "remark-rehype";
import { unified } from "unified";

const pipeline = unified()
  .use(remarkParse)
  .use(remarkGfm)
  .use(remarkRehype)
  .use(rehypeSanitize, defaultSchema);

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

/** Fences of a document in order. */
function fences(node: Nodes): Fence[] {
  if (node.type === "code") return [parseFence(`${node.lang ?? ""} ${node.meta ?? ""}`)];
  return "children" in node ? node.children.flatMap((child) => fences(child as Nodes)) : [];
}

/** A code block with its head: the file's name, or the language, and a button that copies. */
function codeBox(pre: Element, fence: Fence): Element {
  const element = (
    tagName: string,
    properties: Element["properties"],
    children: ElementContent[],
  ): Element => ({ type: "element", tagName, properties, children });
  const text = (value: string): ElementContent => ({ type: "text", value });
  const code = pre.children[0] as Element;
  const language = String((code.properties["className"] as string[] | undefined)?.[0] ?? "")
    .replace(/^language-/, "")
    .replace(/[{[].*$/, "");
  const lines = ((code.children[0] as { value?: string } | undefined)?.value ?? "")
    .replace(/\n$/, "")
    .split("\n");
  return element("div", { className: ["codebox"] }, [
    element("header", {}, [
      element("span", {}, [text(fence.label || language)]),
      element("button", { type: "button", className: ["btn", "quiet", "sm"], dataCopy: "" }, [
        text("Copy"),
      ]),
    ]),
    element("pre", { tabIndex: 0 }, [
      element(
        "code",
        language ? { dataLanguage: language } : {},
        lines.map((line, index) =>
          element("span", { className: fence.marked(index + 1) ? ["line", "hl"] : ["line"] }, [
            text(`${line}\n`),
          ]),
        ),
      ),
    ]),
  ]);
}

/** HTML of Markdown, sanitised: scripts, handlers and javascript: links are gone. Code blocks get their head after that. */
export function html(markdown: string): string {
  const document = pipeline.parse(markdown);
  const found = fences(document);
  const clean = pipeline.runSync(document) as Root;
  let next = 0;
  const box = (node: Root | Element): void => {
    node.children = node.children.map((child) => {
      if (child.type !== "element") return child;
      if (child.tagName === "pre") return codeBox(child, found[next++] ?? parseFence(""));
      box(child);
      return child;
    }) as typeof node.children;
  };
  box(clean);
  return toHtml(clean);
}
