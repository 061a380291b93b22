import { For, Show } from "solid-js";
import type { ContentProblem } from "~/live/types";

/** Problems of content with their places. */
export function ProblemList(props: { problems: ContentProblem[] }) {
  return (
    <ul class="problems">
      <For each={props.problems}>
        {(one) => (
          <li data-testid="studio-problem">
            <code>
              {one.file}:{one.line}:{one.column}
            </code>{" "}
            <span class={one.severity === "error" ? "wrong" : "caution"}>
              {one.severity}
              <Show when={one.code}> {one.code}</Show>
            </span>{" "}
            {one.message}. <span class="dim">{one.fix}.</span>
          </li>
        )}
      </For>
    </ul>
  );
}
