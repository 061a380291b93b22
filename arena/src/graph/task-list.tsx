import { For } from "solid-js";
import { Glyph } from "~/components/icon";
import type { GraphModel } from "./graph-model";
import { stateWord } from "./state";

/** The tasks of a graph as text, in their own order. */
export function TaskList(props: { graph: GraphModel }) {
  return (
    <ul class="rows tasklist">
      <For each={props.graph.tasks()}>
        {(one) => (
          <li
            data-testid="task-node"
            data-task={one.name}
            data-state={props.graph.task(one.name)?.state ?? 0}
          >
            <Glyph state={stateWord(props.graph.task(one.name)?.state ?? 0)} />
            <div>
              {one.title}
              <div class="meta">
                {one.machine}. {props.graph.line(one.name)}
                {one.needs.length ? `. Needs: ${one.needs.map(props.graph.title).join(", ")}` : ""}
              </div>
            </div>
          </li>
        )}
      </For>
    </ul>
  );
}
