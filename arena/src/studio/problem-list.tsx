import { For } from "solid-js";
import { ContentProblemText } from "~/components/content-problem";
import type { ContentProblem } from "~/live/types";

/** Problems of content with their places. */
export function ProblemList(props: { problems: ContentProblem[] }) {
  return (
    <ul class="problems">
      <For each={props.problems}>
        {(one) => (
          <li data-testid="studio-problem">
            <ContentProblemText one={one} />
          </li>
        )}
      </For>
    </ul>
  );
}
