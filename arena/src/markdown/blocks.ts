import { parseMdc, texts, type MdcNode } from "@agon/content/mdc";
import GithubSlugger from "github-slugger";
import type { RootContent } from "hast";
import { createSignal, type Accessor } from "solid-js";
import { addressesIn } from "./addresses";
import { PART, definitions, readMarkdown, type Part } from "./document";
import type { Scene } from "./scene";

/** A top-level piece of a body: what changes of it is drawn anew, all else stays in the page as it is. */
export type Block = MarkdownBlock | ComponentBlock;

export interface MarkdownBlock {
  kind: "markdown";
  /** What it shows, as text: equal keys look the same. */
  key: string;
  node: RootContent;
  /** The parts that its own nodes name. */
  parts: Part[];
}

/** A component lives on while its text changes around it and in it: it is told the new text. */
export interface ComponentBlock {
  kind: "component";
  name: string;
  /** Which one it is among those of its name. */
  identity: string;
  key: string;
  given: Accessor<Record<string, unknown>>;
  slots: Accessor<Record<string, Block[]>>;
  become: (next: RawComponent) => void;
}

interface RawComponent {
  kind: "component";
  name: string;
  identity: string;
  key: string;
  given: Record<string, unknown>;
  slots: Record<string, Raw[]>;
}
type Raw = MarkdownBlock | RawComponent;

/** Reads a body: headings have ids of their own, and definitions count in every piece of it. */
export function readBlocks(text: string, scene: Scene): Raw[] {
  const { nodes } = parseMdc(text);
  const defined = text.includes("]:")
    ? [...texts(nodes)]
        .map((one) => definitions(one.text))
        .join("\n")
        .trim()
    : "";
  const slugger = new GithubSlugger();
  const addresses = addressesIn(scene);
  let piece = 0;
  const all = (some: MdcNode[]): Raw[] =>
    some.flatMap((one): Raw[] => {
      if (one.kind === "text") {
        const markdown = defined ? `${one.text}\n\n${defined}` : one.text;
        const { root, parts } = readMarkdown(markdown, addresses, slugger, `${piece++ || ""}`);
        return root.children
          .filter((node) => node.type !== "text" || node.value.trim())
          .map((node) => markdownBlock(node, parts));
      }
      const slots = Object.fromEntries(
        Object.entries(one.slots).map(([name, inner]) => [name, all(inner)] as const),
      );
      const keys = Object.entries(slots).map(([name, raws]) => [name, raws.map(({ key }) => key)]);
      return [
        {
          kind: "component",
          name: one.name,
          identity: `${one.name} ${identityOf(one.props)}`,
          key: JSON.stringify([one.name, one.props, keys]),
          given: one.props,
          slots,
        },
      ];
    });
  return all(nodes);
}

/** What tells components of one name apart, whatever else of them changes. */
function identityOf(props: Record<string, unknown>): string {
  return ["id", "name", "group"].map((key) => String(props[key] ?? "")).join(" ");
}

/** A node with the parts that it names, numbered anew, so that its key says what it shows and nothing else. */
function markdownBlock(node: RootContent, all: Part[]): MarkdownBlock {
  const parts: Part[] = [];
  const renumber = (one: RootContent): void => {
    if (one.type !== "element") return;
    if (one.tagName === PART)
      one.properties["dataN"] = String(parts.push(all[Number(one.properties["dataN"])]!) - 1);
    for (const child of one.children) renumber(child);
  };
  renumber(node);
  const key = JSON.stringify([node, parts], (name, value: unknown) =>
    name === "position" ? undefined : value,
  );
  return { kind: "markdown", key, node, parts };
}

/**
 * The blocks of a changed text. A block that shows what it showed is the same object, so its part of the page
 * is not touched; a component whose text changed is the one that stood there, told of it: what is open, chosen
 * or half typed in it stays.
 */
export function follow(known: readonly Block[], next: readonly Raw[]): Block[] {
  const left = new Set(known);
  const result: (Block | undefined)[] = next.map((raw) => {
    for (const block of left)
      if (block.key === raw.key) {
        left.delete(block);
        return block;
      }
    return undefined;
  });
  const similar = (raw: RawComponent, same: (block: ComponentBlock) => boolean) => {
    for (const block of left)
      if (block.kind === "component" && same(block)) {
        left.delete(block);
        block.become(raw);
        return block;
      }
    return undefined;
  };
  const components = next.map((raw) => (raw.kind === "component" ? raw : undefined));
  // First those that are surely the same one, then those that stand in its place.
  for (const [index, raw] of components.entries())
    if (raw) result[index] ??= similar(raw, (block) => block.identity === raw.identity);
  for (const [index, raw] of components.entries())
    if (raw && !said(raw.given["name"]))
      result[index] ??= similar(raw, (block) => block.name === raw.name);
  return next.map((raw, index) => result[index] ?? made(raw));
}

const said = (value: unknown) => typeof value === "string" && value !== "";

function made(raw: Raw): Block {
  if (raw.kind === "markdown") return raw;
  const inner = (slots: Record<string, Raw[]>, before: Record<string, Block[]>) =>
    Object.fromEntries(
      Object.entries(slots).map(
        ([name, some]) => [name, follow(before[name] ?? [], some)] as const,
      ),
    );
  const [given, setGiven] = createSignal(raw.given, {
    equals: (a, b) => JSON.stringify(a) === JSON.stringify(b),
  });
  const [slots, setSlots] = createSignal(inner(raw.slots, {}));
  return {
    kind: "component",
    name: raw.name,
    identity: raw.identity,
    key: raw.key,
    given,
    slots,
    become(next) {
      this.key = next.key;
      this.identity = next.identity;
      setGiven(next.given);
      setSlots(inner(next.slots, slots()));
    },
  };
}
