import type { CodeColours } from "~/live/types";
import { Body } from "./body";
import { still } from "./scene";

/** Markdown outside of a body: a hint, a solution. */
export function Markdown(props: { text: string; code?: CodeColours[]; class?: string }) {
  return (
    <div class={props.class}>
      <Body text={props.text} scene={still({ code: props.code ?? [] })} />
    </div>
  );
}
