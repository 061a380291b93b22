import { For, Match, Show, Switch, type JSX } from "solid-js";
import { Glyph } from "~/components/icon";
import { duration } from "~/live/clock";
import type { GraphModel } from "./graph-model";
import { laidOut } from "./reason";

/** What is known of the chosen task: its state, the reason for it, and for authors the debugger. */
export function TaskDetail(props: {
  graph: GraphModel;
  node: { name: string; title: string; machine: string };
  /** For authors: what stands below. */
  below?: ((task: string) => JSX.Element) | undefined;
  debugging: boolean;
  onDebug: (debugging: boolean) => void;
}) {
  const name = () => props.node.name;
  const reason = () => props.graph.task(name())?.failure || props.graph.task(name())?.hint || "";
  return (
    <div class="detail">
      <h3>
        <Glyph state={props.graph.word(name())} />
        {props.node.title}
        <span class="meta">
          {props.node.machine}
          <Show when={props.graph.task(name())?.changedAt}>
            , {props.graph.word(name())} for {duration(props.graph.since(name()))}
          </Show>
        </span>
      </h3>
      <Switch
        fallback={
          <p class="dim reason">
            {reason() ||
              (props.graph.word(name()) === "running" ? "Not yet." : props.graph.line(name()))}
          </p>
        }
      >
        <Match when={props.graph.group(name())}>
          {(one) => (
            <p class="dim reason">
              {one().members.map(props.graph.title).join(", ")}. Press it to unfold.
            </p>
          )}
        </Match>
        <Match when={props.graph.word(name()) === "blocked" && !reason()}>
          <p class="dim reason">
            Needs {props.graph.stillOpen(name()).map(props.graph.title).join(", ") || "other tasks"}
            .
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
      <Show when={props.below && !props.graph.group(name())}>
        <div class="acts">
          <button
            type="button"
            class="btn quiet sm"
            aria-pressed={props.debugging}
            onClick={() => props.onDebug(!props.debugging)}
          >
            {props.debugging ? "Close the debugger" : "Debug this task"}
          </button>
        </div>
        <Show when={props.debugging}>{props.below!(name())}</Show>
      </Show>
    </div>
  );
}
