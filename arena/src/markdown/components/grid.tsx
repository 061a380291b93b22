import { Index, Show } from "solid-js";
import { AuthorNote } from "./author-note";
import { ContentCard, target } from "./card";
import type { BlockProps } from "./component";

/** `::grid`: cards of equal height. */
export function Grid(props: BlockProps) {
  const items = () =>
    (Array.isArray(props.given["items"]) ? props.given["items"] : [])
      .filter((item): item is Record<string, unknown> => typeof item === "object" && item !== null)
      .map(target);
  return (
    <Show
      when={items().length}
      fallback={
        <AuthorNote>A grid needs items: a list of challenge:, content:, playground:.</AuthorNote>
      }
    >
      <div class="cardgrid">
        <Index each={items()}>
          {(item) => <ContentCard path={item().path} lesson={item().lesson} />}
        </Index>
      </div>
    </Show>
  );
}
