import { For, batch, createMemo, type JSX } from "solid-js";
import { Dynamic } from "solid-js/web";
import { follow, readBlocks, type Block, type ComponentBlock } from "./blocks";
import { blockComponent } from "./components/blocks";
import { MarkdownNode } from "./nodes";
import { SceneProvider, following, type Scene } from "./scene";

/** Markdown with components, as what surrounds it allows. A changed text changes only what differs. */
export function Body(props: { text: string; scene: Scene }) {
  const now = createMemo(() => props.scene);
  const scene = following(now);
  const blocks = createMemo((known: Block[]) => {
    const next = readBlocks(props.text, scene);
    return batch(() => follow(known, next));
  }, [] as Block[]);
  return (
    <SceneProvider value={scene}>
      <div class="md">
        <Blocks blocks={blocks()} />
      </div>
    </SceneProvider>
  );
}

function Blocks(props: { blocks: Block[] }): JSX.Element {
  return (
    <For each={props.blocks}>
      {(block) =>
        block.kind === "markdown" ? (
          <MarkdownNode node={block.node} parts={block.parts} />
        ) : (
          <Component block={block} />
        )
      }
    </For>
  );
}

function Component(props: { block: ComponentBlock }) {
  const { block } = props;
  const names = createMemo(() => Object.keys(block.slots()), [], {
    equals: (a, b) => a.join() === b.join(),
  });
  return (
    <Dynamic
      component={blockComponent(block.name)}
      name={block.name}
      given={block.given()}
      slots={names()}
      slot={(name: string) => (
        <Blocks blocks={Object.hasOwn(block.slots(), name) ? block.slots()[name]! : []} />
      )}
    />
  );
}
