import { For, Show, createMemo, createSignal, onCleanup, onMount, type JSX } from "solid-js";
import { Glyph, Icon } from "~/components/icon";
import type { Play } from "~/live/types";
import { criticalPath } from "./critical-path";
import { decidingPath } from "./deciding-path";
import { GraphCanvas } from "./graph-canvas";
import { createGraphModel } from "./graph-model";
import { TaskDetail } from "./task-detail";
import { TaskList } from "./task-list";

const ZOOMS = { "100": 1, "75": 0.75, "50": 0.5, fit: 0 } as const;
type Zoom = keyof typeof ZOOMS;
const LEGEND = ["blocked", "created", "running", "completed", "failed"];

/** The live graph of checks: lanes are machines, edges are needs. */
export function TaskGraph(props: {
  play: Play;
  stale: boolean;
  /** Begins as a rail of glyphs. */
  folded?: boolean;
  /** For authors: what stands below the detail of a task; then the critical path is drawn, too. */
  below?: (task: string) => JSX.Element;
}) {
  const [selected, setSelected] = createSignal<string>();
  const [asList, setAsList] = createSignal(false);
  const [zoom, setZoom] = createSignal<Zoom>("100");
  const [room, setRoom] = createSignal<[width: number, height: number]>([0, 0]);
  const [debugging, setDebugging] = createSignal(Boolean(props.play.draft));
  // Undefined = as the width of the window has it: open when wide, a rail of glyphs when not.
  const [folding, setFolding] = createSignal<"open" | "folded" | undefined>(
    props.folded ? "folded" : undefined,
  );
  let pane!: HTMLDivElement;
  onMount(() => {
    const watch = new ResizeObserver(() => setRoom([pane.clientWidth, pane.clientHeight]));
    watch.observe(pane);
    onCleanup(() => watch.disconnect());
  });

  const graph = createGraphModel(props);
  const deciding = createMemo(() =>
    props.play.solve
      ? decidingPath(graph.tasks(), (name) => Date.parse(graph.task(name)?.changedAt ?? ""))
      : props.below && debugging()
        ? criticalPath(graph.tasks(), (name) => graph.task(name)?.state ?? 0)
        : new Set<string>(),
  );
  const scale = () => {
    if (zoom() !== "fit") return ZOOMS[zoom()];
    const [width, height] = room();
    return Math.max(0.25, Math.min(1, width / graph.plan().width, height / graph.plan().height));
  };
  const chosen = createMemo(() => {
    const nodes = graph.plan().nodes;
    return (
      nodes.find((node) => node.task.name === selected()) ??
      nodes.find((node) => graph.state(node.task.name) === 35) ??
      nodes.find((node) => graph.state(node.task.name) === 30) ??
      (props.play.solve ? nodes.at(-1) : nodes[0])
    );
  });
  return (
    <>
      <section class="pane graphpane p-graph" aria-label="Task graph" data-fold={folding()}>
        <div class="panehead">
          <h2>Task graph</h2>
          <span class="faint n">
            {graph.done()} of {graph.tasks().length}
          </span>
          <div class="end">
            <Show when={!asList()}>
              <select
                class="zoom"
                aria-label="Zoom"
                value={zoom()}
                onChange={(event) => setZoom(event.currentTarget.value as Zoom)}
              >
                <option value="100">100 %</option>
                <option value="75">75 %</option>
                <option value="50">50 %</option>
                <option value="fit">Fit</option>
              </select>
            </Show>
            <button
              type="button"
              class="btn quiet sm"
              aria-pressed={asList()}
              onClick={() => setAsList(!asList())}
            >
              {asList() ? "As graph" : "As list"}
            </button>
            <button
              type="button"
              class="btn quiet icon foldbutton"
              aria-label="Fold the task graph"
              onClick={() => setFolding("folded")}
            >
              <Icon name="fold" />
            </button>
          </div>
        </div>
        <Show when={props.stale}>
          <p class="stale">
            <b>As it was.</b> Checks go on without this page.
          </p>
        </Show>
        <div class="graphscroll" ref={pane}>
          <Show when={!asList()} fallback={<TaskList graph={graph} />}>
            <GraphCanvas
              graph={graph}
              machines={props.play.machines}
              scale={scale()}
              deciding={deciding()}
              chosen={chosen()?.task.name}
              onChoose={setSelected}
            />
          </Show>
        </div>
        <div class="legend" aria-hidden="true">
          <For each={LEGEND}>
            {(one) => (
              <span>
                <Glyph state={one} />
                {one.charAt(0).toUpperCase() + one.slice(1)}
              </span>
            )}
          </For>
        </div>
        <Show when={chosen()}>
          {(node) => (
            <TaskDetail
              graph={graph}
              node={node().task}
              below={props.below}
              debugging={debugging()}
              onDebug={setDebugging}
            />
          )}
        </Show>
      </section>
      <aside class="rail" aria-label="Task graph, folded" data-fold={folding()}>
        <button
          type="button"
          class="btn quiet icon"
          aria-label="Unfold the task graph"
          onClick={() => setFolding("open")}
        >
          <Icon name="graph" />
        </button>
        <For each={graph.plan().nodes}>
          {(node) => (
            <span title={`${node.task.title}: ${graph.word(node.task.name)}`}>
              <Glyph state={graph.word(node.task.name)} />
            </span>
          )}
        </For>
      </aside>
    </>
  );
}
