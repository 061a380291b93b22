import type { Element, ElementContent, Root } from "hast";

/** Tags that a text may write by itself, without attributes; others are left out, their words stay. */
const PAIRED = new Set("b code del em i ins kbd mark s small strong sub sup u".split(" "));
const VOID = new Set(["br", "hr"]);

/** What stands for a tag that an author wrote, until `pairTags` has seen its other end. */
export const RAW = "agon-raw";

/** `<kbd>`, `</kbd>` and `<br>` as a placeholder; undefined for everything else. */
export function rawTag(html: string): Element | undefined {
  const [, end, name, closed] = /^<(\/?)([a-z]+)\s*(\/?)>$/i.exec(html.trim()) ?? [];
  const tag = name?.toLowerCase() ?? "";
  if (VOID.has(tag) && !end) return { type: "element", tagName: tag, properties: {}, children: [] };
  if (!PAIRED.has(tag) || closed) return undefined;
  return {
    type: "element",
    tagName: RAW,
    properties: { dataN: `${end}${tag}` },
    children: [],
  };
}

/** Makes elements of placeholders that open and close in one parent; lonely ones vanish. */
export function pairTags(node: Root | Element): void {
  const stack: { tag: string; children: ElementContent[] }[] = [{ tag: "", children: [] }];
  const close = () => {
    const { tag, children } = stack.pop()!;
    stack.at(-1)!.children.push({ type: "element", tagName: tag, properties: {}, children });
  };
  for (const child of node.children as ElementContent[]) {
    if (child.type === "element") pairTags(child);
    if (child.type !== "element" || child.tagName !== RAW) {
      stack.at(-1)!.children.push(child);
      continue;
    }
    const said = String(child.properties["dataN"]);
    if (!said.startsWith("/")) stack.push({ tag: said, children: [] });
    else if (stack.some(({ tag }) => tag === said.slice(1))) {
      while (stack.at(-1)!.tag !== said.slice(1)) unwrap(stack);
      close();
    }
  }
  while (stack.length > 1) unwrap(stack);
  node.children = stack[0]!.children;
}

/** What a tag that never closes would hold, without it. */
function unwrap(stack: { tag: string; children: ElementContent[] }[]): void {
  const { children } = stack.pop()!;
  stack.at(-1)!.children.push(...children);
}
