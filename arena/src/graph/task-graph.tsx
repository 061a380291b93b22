import { For, Show, createMemo, createSignal } from "solid-js";
import { Glyph, Icon } from "~/components/icon";
import { now, span } from "~/live/clock";
import type { Play, PlayTask } from "~/live/types";
import { layout } from "./layout";
import { stateWord } from "./state";

/** The live graph of checks: lanes are machines, edges are needs. */
export function TaskGraph(props: { play: Play; stale: boolean }) {
  const [selected, setSelected] = createSignal<string>();
  const [asList, setAsList] = createSignal(false);
  // Undefined = as the width of the window has it: open when wide, a rail of glyphs when not.
  const [fold, setFold] = createSignal<"open" | "folded">();
  const plan = createMemo(() =>
    layout(
      props.play.challenge.tasks,
      props.play.challenge.machines.map((machine) => machine.name),
    ),
  );
  const task = (name: string): PlayTask | undefined =>
    props.play.tasks.find((one) => one.name === name);
  const word = (name: string) => stateWord(task(name)?.state ?? 0);
  const at = (name: string) =>
    span(
      Date.parse(task(name)?.changedAt ?? props.play.startedAt) - Date.parse(props.play.startedAt),
    );
  /** Nothing is checked after a failure, nor on machines that are gone. */
  const gone = () => props.play.state.startsWith("DESTROY");
  const over = () => props.play.failed || gone();
  const line = (name: string): string => {
    const known = task(name);
    switch (known?.state ?? 0) {
      case 10:
        return over() ? "Not checked any more" : "Created";
      case 20:
        return over()
          ? "Not checked any more"
          : `Blocked by ${known!.blockedBy.length || ""}`.trim();
      case 30:
        if (over()) return "Not checked any more";
        return `Running ${span((props.stale ? Date.parse(known!.changedAt ?? "") : now()) - Date.parse(known!.changedAt ?? props.play.startedAt))}, not yet`;
      case 35:
        return `Failed at ${at(name)}`;
      case 40:
        return `Completed at ${at(name)}`;
      default:
        return over() ? "Not checked any more" : "Machine is starting";
    }
  };
  const done = () => plan().nodes.filter((node) => task(node.task.name)?.state === 40).length;
  const order = () => plan().nodes.map((node) => node.task.name);
  const move = (event: KeyboardEvent, name: string) => {
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const next = order()[order().indexOf(name) + step];
    if (next)
      (event.currentTarget as HTMLElement).parentElement
        ?.querySelector<HTMLElement>(`[data-task="${next}"]`)
        ?.focus();
  };
  const chosen = () =>
    plan().nodes.find(
      (node) =>
        node.task.name ===
        (selected() ?? order().find((name) => task(name)?.state === 30) ?? order()[0]),
    );
  return (
    <>
      <section class="pane graphpane p-graph" aria-label="Task graph" data-fold={fold()}>
        <div class="panehead">
          <h2>Task graph</h2>
          <span class="faint n">
            {done()} of {plan().nodes.length}
          </span>
          <div class="end">
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
              onClick={() => setFold("folded")}
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
        <div class="graphscroll">
          <Show
            when={!asList()}
            fallback={
              <ul class="rows" style="padding:16px">
                <For each={plan().nodes}>
                  {(node) => (
                    <li
                      data-testid="task-node"
                      data-task={node.task.name}
                      data-state={task(node.task.name)?.state ?? 0}
                    >
                      <Glyph state={word(node.task.name)} /> {node.task.title}:{" "}
                      {line(node.task.name)}
                    </li>
                  )}
                </For>
              </ul>
            }
          >
            <div
              class="graph"
              role="tree"
              aria-label="Task graph"
              style={`min-height:${plan().height}px;width:${plan().width}px;max-width:none;margin:0 auto`}
            >
              <For each={plan().lanes}>
                {(machine, index) => {
                  const known = () => props.play.machines.find((one) => one.name === machine);
                  return (
                    <div
                      class="lane"
                      style={`left:${(index() / plan().lanes.length) * 100}%;width:${100 / plan().lanes.length}%`}
                    >
                      <header>
                        <Icon name="server" />
                        {machine}
                        <span>{gone() ? "gone" : (known()?.state ?? "created").toLowerCase()}</span>
                        <i
                          class={
                            gone() ? "dot off" : known()?.state === "RUNNING" ? "dot" : "dot half"
                          }
                        />
                      </header>
                    </div>
                  );
                }}
              </For>
              <svg
                class="edges"
                viewBox={`0 0 ${plan().width} ${plan().height}`}
                style={`height:${plan().height}px;width:${plan().width}px`}
                aria-hidden="true"
              >
                <For each={plan().edges}>
                  {(edge) => (
                    <>
                      <path class={task(edge.from)?.state === 40 ? "met" : "unmet"} d={edge.path} />
                      <path class={task(edge.from)?.state === 40 ? "h" : "hu"} d={edge.head} />
                    </>
                  )}
                </For>
              </svg>
              <For each={plan().nodes}>
                {(node) => (
                  <button
                    type="button"
                    class={`node ${word(node.task.name)}`}
                    classList={{ sel: chosen()?.task.name === node.task.name }}
                    role="treeitem"
                    aria-level={node.rank + 1}
                    aria-selected={chosen()?.task.name === node.task.name}
                    aria-label={`${node.task.title}: ${line(node.task.name)}`}
                    data-testid="task-node"
                    data-task={node.task.name}
                    data-state={task(node.task.name)?.state ?? 0}
                    style={`left:${node.left}px;top:${node.top}px`}
                    title={node.task.title}
                    onClick={() => setSelected(node.task.name)}
                    onKeyDown={(event) => move(event, node.task.name)}
                  >
                    <Glyph state={word(node.task.name)} />
                    <div>
                      <b>{node.task.title}</b>
                      <small>{line(node.task.name)}</small>
                    </div>
                  </button>
                )}
              </For>
            </div>
          </Show>
        </div>
        <Show when={chosen()}>
          {(node) => (
            <div class="detail">
              <h3>
                <Glyph state={word(node().task.name)} />
                {node().task.title}
                <span class="meta">{node().task.machine}</span>
              </h3>
              <p class="dim" style="white-space:pre-wrap;overflow-wrap:anywhere">
                {task(node().task.name)?.failure ||
                  task(node().task.name)?.hint ||
                  (word(node().task.name) === "blocked"
                    ? `Needs ${task(node().task.name)!.blockedBy.join(", ")}`
                    : line(node().task.name))}
              </p>
            </div>
          )}
        </Show>
      </section>
      <aside class="rail" aria-label="Task graph, folded" data-fold={fold()}>
        <button
          type="button"
          class="btn quiet icon"
          aria-label="Unfold the task graph"
          onClick={() => setFold("open")}
        >
          <Icon name="graph" />
        </button>
        <For each={plan().nodes}>
          {(node) => (
            <span title={`${node.task.title}: ${word(node.task.name)}`}>
              <Glyph state={word(node.task.name)} />
            </span>
          )}
        </For>
      </aside>
    </>
  );
}
