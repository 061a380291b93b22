import type { BlockProps } from "./component";

/** `::highlight`: a paragraph that stands out. */
export function HighlightText(props: BlockProps) {
  return <div class="standout">{props.slot("default")}</div>;
}
