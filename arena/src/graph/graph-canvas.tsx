import { For, createMemo } from "solid-js";
import { Glyph, Icon } from "~/components/icon";
import type { Play } from "~/live/types";
import type { GraphModel } from "./graph-model";

/** The drawing of a graph: lanes, edges, and nodes that are chosen by click or keys. */
export function GraphCanvas(props: {
  graph: GraphModel;
  machines: Play["machines"];
  /** 1 = as laid out. */
  scale: number;
  /** Edges "from/to" that are drawn over the others. */
  deciding: ReadonlySet<string>;
  /** Name of the node that the detail tells of. */
  chosen: string | undefined;
  onChoose: (name: string) => void;
}) {
  let tree!: HTMLDivElement;
  /** Edges as they are drawn: the path that decided lies over the others. */
  const inFront = createMemo(() => {
    const last = (edge: { from: string; to: string }) =>
      props.deciding.has(`${edge.from}/${edge.to}`) ? 1 : 0;
    return props.graph.plan().edges.toSorted((a, b) => last(a) - last(b));
  });
  const detail = () => (props.scale > 0.85 ? "full" : props.scale > 0.6 ? "title" : "glyph");
  /** Down and up go along edges, left and right along the row, Home and End to the ends. */
  const walk = (event: KeyboardEvent, name: string) => {
    const { nodes, edges } = props.graph.plan();
    const here = nodes.find((node) => node.task.name === name)!;
    const across = nodes
      .filter((node) => node.row === here.row)
      .toSorted((a, b) => a.lane - b.lane)
      .map((node) => node.task.name);
    const ways: Record<string, () => string | undefined> = {
      ArrowDown: () => edges.find((edge) => edge.from === name)?.to,
      ArrowUp: () => edges.find((edge) => edge.to === name)?.from,
      ArrowRight: () => across[across.indexOf(name) + 1],
      ArrowLeft: () => across[across.indexOf(name) - 1],
      Home: () => nodes[0]?.task.name,
      End: () => nodes.at(-1)?.task.name,
    };
    if (!(event.key in ways)) return;
    event.preventDefault();
    const next = ways[event.key]!();
    if (next === undefined) return;
    props.onChoose(next);
    tree.querySelector<HTMLElement>(`[data-task="${CSS.escape(next)}"]`)?.focus();
  };
  const press = (name: string) => {
    if (props.graph.group(name)) props.graph.open(name);
    else props.onChoose(name);
  };
  return (
    <div
      class="graph"
      data-detail={detail()}
      style={`--zoom:${props.scale};zoom:${props.scale};min-height:${props.graph.plan().height}px;width:${props.graph.plan().width}px;max-width:none;margin:0 auto`}
    >
      <For each={props.graph.plan().lanes}>
        {(machine, index) => {
          const known = () => props.machines.find((one) => one.name === machine);
          return (
            <div
              class="lane"
              style={`left:${(index() / props.graph.plan().lanes.length) * 100}%;width:${100 / props.graph.plan().lanes.length}%`}
            >
              <header>
                <Icon name="server" />
                {machine}
                <span>
                  {props.graph.gone() ? "gone" : (known()?.state ?? "created").toLowerCase()}
                </span>
                <i
                  class={
                    props.graph.gone() || known()?.state === "STOPPED"
                      ? "dot off"
                      : known()?.state === "RUNNING"
                        ? "dot"
                        : "dot half"
                  }
                />
              </header>
            </div>
          );
        }}
      </For>
      <svg
        class="edges"
        viewBox={`0 0 ${props.graph.plan().width} ${props.graph.plan().height}`}
        style={`height:${props.graph.plan().height}px;width:${props.graph.plan().width}px`}
        aria-hidden="true"
      >
        <For each={inFront()}>
          {(edge) => {
            const met = () => props.graph.state(edge.from) === 40;
            const decided = () => props.deciding.has(`${edge.from}/${edge.to}`);
            return (
              <>
                <path classList={{ met: met(), unmet: !met(), crit: decided() }} d={edge.path} />
                <path classList={{ h: met(), hu: !met(), hc: decided() }} d={edge.head} />
              </>
            );
          }}
        </For>
      </svg>
      <div class="nodes" role="tree" aria-label="Tasks by rank" ref={tree}>
        <For each={props.graph.plan().nodes}>
          {(node) => (
            <button
              type="button"
              class={`node ${props.graph.word(node.task.name)}`}
              classList={{
                sel: props.chosen === node.task.name,
                group: Boolean(props.graph.group(node.task.name)),
              }}
              role="treeitem"
              aria-level={node.rank + 1}
              aria-selected={props.chosen === node.task.name}
              aria-expanded={props.graph.group(node.task.name) ? false : undefined}
              tabindex={props.chosen === node.task.name ? 0 : -1}
              data-testid="task-node"
              data-task={node.task.name}
              data-state={props.graph.state(node.task.name)}
              data-generation={props.graph.task(node.task.name)?.generation ?? 0}
              style={`left:${node.left}px;top:${node.top}px;width:${node.width}px`}
              title={node.task.title}
              onClick={() => press(node.task.name)}
              onKeyDown={(event) => walk(event, node.task.name)}
            >
              <Glyph state={props.graph.word(node.task.name)} />
              <div>
                <b>{node.task.title}</b>
                <span class="visually-hidden">on {node.task.machine}, </span>
                <small>{props.graph.line(node.task.name)}</small>
              </div>
            </button>
          )}
        </For>
      </div>
    </div>
  );
}
