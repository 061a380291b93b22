import { For, Show } from "solid-js";
import { MOST_CELLS, progressParts } from "./progress-parts";

/** The regular tasks of a play as small marks: a cell each, or one bar of their sums where they are many. The words beside say the same. */
export function ProgressCells(props: { states: readonly number[] }) {
  return (
    <Show
      when={props.states.length <= MOST_CELLS}
      fallback={
        <div class="cells sums" aria-hidden="true">
          <For each={progressParts(props.states)}>
            {({ mark, count }) => (
              <i class={mark} style={`width:${(100 * count) / props.states.length}%`} />
            )}
          </For>
        </div>
      }
    >
      <div class="cells" style={`--tasks:${props.states.length}`} aria-hidden="true">
        <For each={props.states}>
          {(state) => <i classList={{ c: state === 40, r: state === 30, f: state === 35 }} />}
        </For>
      </div>
    </Show>
  );
}
