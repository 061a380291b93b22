import type { Element, Nodes as Hast, RootContent } from "hast";
import { toHtml } from "hast-util-to-html";
import { find, html as htmlInfo } from "property-information";
import type { JSX } from "solid-js";
import { Dynamic } from "solid-js/web";
import { CodeBlock } from "./components/code-block";
import { inlineComponents } from "./components/inline";
import { VarText } from "./components/var-text";
import { PART, type Part } from "./document";

/** A node of a text, with the parts that it names. What holds no component is one piece of HTML. */
export function MarkdownNode(props: { node: RootContent; parts: Part[] }) {
  return <>{draw(props.node, props.parts)}</>;
}

function draw(node: RootContent, parts: Part[]): JSX.Element {
  if (node.type === "text") return node.value;
  if (node.type !== "element") return undefined;
  if (node.tagName === PART) return drawPart(parts[Number(node.properties["dataN"])]);
  const given = attributes(node);
  if (!holdsPart(node)) return <Dynamic component={node.tagName} {...given} {...inner(node)} />;
  return (
    <Dynamic component={node.tagName} {...given}>
      {node.children.map((child) => draw(child, parts))}
    </Dynamic>
  );
}

/** A void element must have no content at all. */
const inner = (node: Element) => (node.children.length ? { innerHTML: toHtml(node.children) } : {});

function holdsPart(node: Hast): boolean {
  if (node.type === "element" && node.tagName === PART) return true;
  return "children" in node && node.children.some((child) => holdsPart(child as Hast));
}

/** Attributes by their HTML names. */
function attributes(node: Element): Record<string, string | boolean> {
  return Object.fromEntries(
    Object.entries(node.properties).flatMap(([key, value]) => {
      if (value === null || value === undefined || value === false) return [];
      const text = value === true ? true : Array.isArray(value) ? value.join(" ") : String(value);
      return [[find(htmlInfo, key).attribute, text]];
    }),
  );
}

function drawPart(part: Part | undefined): JSX.Element {
  if (part?.type === "code")
    return <CodeBlock language={part.language} text={part.text} fence={part.fence} />;
  if (part?.type !== "inline") return undefined;
  const { inline } = part;
  if (inline.kind === "binding") return <VarText name={inline.name} fallback={inline.fallback} />;
  const Component = Object.hasOwn(inlineComponents, inline.name)
    ? inlineComponents[inline.name]
    : undefined;
  // Of what is no component of ours the words stay.
  if (!Component) return inline.text || `:${inline.name}`;
  return <Component given={inline.props} text={inline.text} />;
}
