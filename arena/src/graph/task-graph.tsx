import {
  For,
  Match,
  Show,
  Switch,
  createMemo,
  createSignal,
  onCleanup,
  onMount,
  type JSX,
} from "solid-js";
import { Glyph, Icon } from "~/components/icon";
import { duration, now, span } from "~/live/clock";
import { changedAfter, unchangedFor } from "./task-time";
import type { Play, PlayTask, TaskInfo } from "~/live/types";
import { criticalPath } from "./critical-path";
import { decidingPath } from "./deciding-path";
import { fold, groupsOf, worst, type Group } from "./fold";
import { layout } from "./layout";
import { laidOut } from "./reason";
import { stateWord } from "./state";

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
  const [opened, setOpened] = createSignal<ReadonlySet<string>>(new Set());
  // Undefined = as the width of the window has it: open when wide, a rail of glyphs when not.
  const [folding, setFolding] = createSignal<"open" | "folded" | undefined>(
    props.folded ? "folded" : undefined,
  );
  let pane!: HTMLDivElement;
  let tree!: HTMLDivElement;
  onMount(() => {
    const watch = new ResizeObserver(() => setRoom([pane.clientWidth, pane.clientHeight]));
    watch.observe(pane);
    onCleanup(() => watch.disconnect());
  });

  const task = (name: string): PlayTask | undefined =>
    props.play.tasks.find((one) => one.name === name);
  // Titles and needs do not change while a play runs: equal content must not draw the graph anew.
  const tasks = createMemo(
    () => props.play.challenge.tasks.filter((one) => one.kind === "regular"),
    undefined,
    { equals: (a, b) => JSON.stringify(a) === JSON.stringify(b) },
  );
  const groups = createMemo(() => groupsOf(tasks()));
  /** Groups in which nothing runs or failed, and which nobody opened. */
  const closed = createMemo(
    () =>
      groups().filter(
        (group) =>
          !opened().has(group.name) &&
          !group.members.some((name) => [30, 35].includes(task(name)?.state ?? 0)),
      ),
    [] as Group[],
    { equals: (a, b) => a.map((one) => one.name).join() === b.map((one) => one.name).join() },
  );
  const group = (name: string) => closed().find((one) => one.name === name);
  const plan = createMemo(() =>
    layout<TaskInfo>(
      fold(tasks(), closed(), (one) => ({
        title: `${tasks().find((some) => some.name === one.members[0])!.title} and ${one.members.length - 1} more`,
      })),
      props.play.challenge.machines.map((machine) => machine.name),
    ),
  );
  const state = (name: string): number => {
    const members = group(name)?.members;
    return members ? worst(members.map((one) => task(one)?.state ?? 0)) : (task(name)?.state ?? 0);
  };
  const word = (name: string) => stateWord(state(name));
  const at = (name: string) => span(changedAfter(props.play, task(name)));
  /** Milliseconds since a task changed. They stand still while the play or the page does. */
  const since = (name: string) => {
    const changed = task(name);
    if (props.stale || !changed?.changedAt) return 0;
    return unchangedFor(props.play, changed, now());
  };
  /** Nothing is checked after a failure, nor on machines that are gone. */
  const gone = () => props.play.state.startsWith("DESTROY");
  const over = () => props.play.failed || gone();
  /** What a task waits for: told once when it was blocked, and some of it is completed since. */
  const stillOpen = (name: string) =>
    task(name)!.blockedBy.filter((need) => task(need)?.state !== 40);
  const line = (name: string): string => {
    const members = group(name)?.members;
    if (members)
      return `${members.filter((one) => task(one)?.state === 40).length} of ${members.length} completed`;
    const known = task(name);
    switch (known?.state ?? 0) {
      case 10:
        return over() ? "Not checked any more" : "Created";
      case 20:
        return over()
          ? "Not checked any more"
          : `Blocked by ${stillOpen(name).length || ""}`.trim();
      case 30:
        if (over()) return "Not checked any more";
        return `Running ${span(since(name))}, not yet`;
      case 35:
        return `Failed at ${at(name)}`;
      case 40:
        return `Completed at ${at(name)}`;
      default:
        return over() ? "Not checked any more" : "Machine is starting";
    }
  };
  const title = (name: string) => tasks().find((one) => one.name === name)?.title ?? name;
  const done = () => tasks().filter((one) => task(one.name)?.state === 40).length;
  const deciding = createMemo(() =>
    props.play.solve
      ? decidingPath(tasks(), (name) => Date.parse(task(name)?.changedAt ?? ""))
      : props.below && debugging()
        ? criticalPath(tasks(), (name) => task(name)?.state ?? 0)
        : new Set<string>(),
  );
  /** Edges as they are drawn: the path that decided lies over the others. */
  const inFront = createMemo(() => {
    const last = (edge: { from: string; to: string }) =>
      deciding().has(`${edge.from}/${edge.to}`) ? 1 : 0;
    return plan().edges.toSorted((a, b) => last(a) - last(b));
  });
  const scale = () => {
    if (zoom() !== "fit") return ZOOMS[zoom()];
    const [width, height] = room();
    return Math.max(0.25, Math.min(1, width / plan().width, height / plan().height));
  };
  const detail = () => (scale() > 0.85 ? "full" : scale() > 0.6 ? "title" : "glyph");
  const chosen = createMemo(() => {
    const nodes = plan().nodes;
    return (
      nodes.find((node) => node.task.name === selected()) ??
      nodes.find((node) => state(node.task.name) === 35) ??
      nodes.find((node) => state(node.task.name) === 30) ??
      (props.play.solve ? nodes.at(-1) : nodes[0])
    );
  });
  /** Down and up go along edges, left and right along the row, Home and End to the ends. */
  const walk = (event: KeyboardEvent, name: string) => {
    const { nodes, edges } = plan();
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
    setSelected(next);
    tree.querySelector<HTMLElement>(`[data-task="${CSS.escape(next)}"]`)?.focus();
  };
  const press = (name: string) => {
    if (group(name)) setOpened(new Set([...opened(), name]));
    else setSelected(name);
  };
  return (
    <>
      <section class="pane graphpane p-graph" aria-label="Task graph" data-fold={folding()}>
        <div class="panehead">
          <h2>Task graph</h2>
          <span class="faint n">
            {done()} of {tasks().length}
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
          <Show
            when={!asList()}
            fallback={
              <ul class="rows tasklist">
                <For each={tasks()}>
                  {(one) => (
                    <li
                      data-testid="task-node"
                      data-task={one.name}
                      data-state={task(one.name)?.state ?? 0}
                    >
                      <Glyph state={stateWord(task(one.name)?.state ?? 0)} />
                      <div>
                        {one.title}
                        <div class="meta">
                          {one.machine}. {line(one.name)}
                          {one.needs.length ? `. Needs: ${one.needs.map(title).join(", ")}` : ""}
                        </div>
                      </div>
                    </li>
                  )}
                </For>
              </ul>
            }
          >
            <div
              class="graph"
              data-detail={detail()}
              style={`--zoom:${scale()};zoom:${scale()};min-height:${plan().height}px;width:${plan().width}px;max-width:none;margin:0 auto`}
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
                            gone() || known()?.state === "STOPPED"
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
                viewBox={`0 0 ${plan().width} ${plan().height}`}
                style={`height:${plan().height}px;width:${plan().width}px`}
                aria-hidden="true"
              >
                <For each={inFront()}>
                  {(edge) => {
                    const met = () => state(edge.from) === 40;
                    const decided = () => deciding().has(`${edge.from}/${edge.to}`);
                    return (
                      <>
                        <path
                          classList={{ met: met(), unmet: !met(), crit: decided() }}
                          d={edge.path}
                        />
                        <path classList={{ h: met(), hu: !met(), hc: decided() }} d={edge.head} />
                      </>
                    );
                  }}
                </For>
              </svg>
              <div class="nodes" role="tree" aria-label="Tasks by rank" ref={tree}>
                <For each={plan().nodes}>
                  {(node) => (
                    <button
                      type="button"
                      class={`node ${word(node.task.name)}`}
                      classList={{
                        sel: chosen()?.task.name === node.task.name,
                        group: Boolean(group(node.task.name)),
                      }}
                      role="treeitem"
                      aria-level={node.rank + 1}
                      aria-selected={chosen()?.task.name === node.task.name}
                      aria-expanded={group(node.task.name) ? false : undefined}
                      tabindex={chosen()?.task.name === node.task.name ? 0 : -1}
                      data-testid="task-node"
                      data-task={node.task.name}
                      data-state={state(node.task.name)}
                      data-generation={task(node.task.name)?.generation ?? 0}
                      style={`left:${node.left}px;top:${node.top}px;width:${node.width}px`}
                      title={node.task.title}
                      onClick={() => press(node.task.name)}
                      onKeyDown={(event) => walk(event, node.task.name)}
                    >
                      <Glyph state={word(node.task.name)} />
                      <div>
                        <b>{node.task.title}</b>
                        <span class="visually-hidden">on {node.task.machine}, </span>
                        <small>{line(node.task.name)}</small>
                      </div>
                    </button>
                  )}
                </For>
              </div>
            </div>
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
          {(node) => {
            const name = () => node().task.name;
            const reason = () => task(name())?.failure || task(name())?.hint || "";
            return (
              <div class="detail">
                <h3>
                  <Glyph state={word(name())} />
                  {node().task.title}
                  <span class="meta">
                    {node().task.machine}
                    <Show when={task(name())?.changedAt}>
                      , {word(name())} for {duration(since(name()))}
                    </Show>
                  </span>
                </h3>
                <Switch
                  fallback={
                    <p class="dim reason">
                      {reason() || (word(name()) === "running" ? "Not yet." : line(name()))}
                    </p>
                  }
                >
                  <Match when={group(name())}>
                    {(one) => (
                      <p class="dim reason">
                        {one().members.map(title).join(", ")}. Press it to unfold.
                      </p>
                    )}
                  </Match>
                  <Match when={word(name()) === "blocked" && !reason()}>
                    <p class="dim reason">
                      Needs {stillOpen(name()).map(title).join(", ") || "other tasks"}.
                    </p>
                  </Match>
                  <Match when={laidOut(reason())}>
                    {(parts) => (
                      <dl>
                        <For each={parts()}>
                          {([label, text]) => (
                            <>
                              <dt>{label}</dt>
                              <dd>{text}</dd>
                            </>
                          )}
                        </For>
                      </dl>
                    )}
                  </Match>
                </Switch>
                <Show when={props.below && !group(name())}>
                  <div class="acts">
                    <button
                      type="button"
                      class="btn quiet sm"
                      aria-pressed={debugging()}
                      onClick={() => setDebugging(!debugging())}
                    >
                      {debugging() ? "Close the debugger" : "Debug this task"}
                    </button>
                  </div>
                  <Show when={debugging()}>{props.below!(name())}</Show>
                </Show>
              </div>
            );
          }}
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
