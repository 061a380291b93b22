import { parseMdc, texts, type MdcNode } from "@agon/content/mdc";
import GithubSlugger from "github-slugger";
import { createMemo, type JSX } from "solid-js";
import { Dynamic } from "solid-js/web";
import { addressesIn } from "./addresses";
import { blockComponent } from "./components/blocks";
import { definitions, readMarkdown, type MarkdownDocument } from "./document";
import { Nodes } from "./nodes";
import { SceneProvider, type Scene } from "./scene";

/** A block whose Markdown is read. */
type Piece =
  | { kind: "text"; document: MarkdownDocument }
  | {
      kind: "component";
      name: string;
      props: Record<string, unknown>;
      slots: Record<string, Piece[]>;
    };

/** Reads a whole body: headings have ids of their own, and definitions count in every piece. */
function read(text: string, scene: Scene): Piece[] {
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
  const all = (some: MdcNode[]): Piece[] =>
    some.map((block) => {
      if (block.kind === "text") {
        const markdown = defined ? `${block.text}\n\n${defined}` : block.text;
        return {
          kind: "text",
          document: readMarkdown(markdown, addresses, slugger, `${piece++ || ""}`),
        };
      }
      const slots = Object.entries(block.slots).map(([name, inner]) => [name, all(inner)] as const);
      return {
        kind: "component",
        name: block.name,
        props: block.props,
        slots: Object.fromEntries(slots),
      };
    });
  return all(nodes);
}

/** Markdown with components, as what surrounds it allows. The scene's files and references are read once. */
export function Body(props: { text: string; scene: Scene }) {
  const pieces = createMemo(() => read(props.text, props.scene));
  return (
    <SceneProvider value={props.scene}>
      <div class="md">
        <Pieces pieces={pieces()} />
      </div>
    </SceneProvider>
  );
}

function Pieces(props: { pieces: Piece[] }): JSX.Element {
  return <>{props.pieces.map(draw)}</>;
}

function draw(piece: Piece): JSX.Element {
  if (piece.kind === "text") return <Nodes document={piece.document} />;
  return (
    <Dynamic
      component={blockComponent(piece.name)}
      name={piece.name}
      given={piece.props}
      slots={Object.keys(piece.slots)}
      slot={(name: string) =>
        Object.hasOwn(piece.slots, name) ? piece.slots[name]!.map(draw) : undefined
      }
    />
  );
}
