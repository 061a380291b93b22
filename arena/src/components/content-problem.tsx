import { Show } from "solid-js";
import { excerptOf } from "@agon/content/show-problem";
import type { ContentProblem } from "~/live/types";

/** One problem of content: its place, what is wrong, the line with a caret, what would be right, and a way to what its code means. */
export function ContentProblemText(props: { one: ContentProblem }) {
  return (
    <>
      <p>
        <code>
          {props.one.file}:{props.one.line}:{props.one.column}
        </code>{" "}
        <span class={props.one.severity === "error" ? "wrong" : "caution"}>
          {props.one.severity}
        </span>
        <Show when={props.one.code}>
          {" "}
          {/* Beside the page: it may be a play, which nobody wants to leave for a word. */}
          <a class="link" href={`/problems#${props.one.code}`} target="_blank">
            {props.one.code}
          </a>
        </Show>
      </p>
      <p>{props.one.message}</p>
      <Show when={excerptOf(props.one)}>
        {(shown) => (
          <pre class="excerpt" aria-label={`Line ${shown().number}`}>
            {`${shown().number} | ${shown().text}\n${" ".repeat(shown().number.length)} | ${shown().caret}`}
          </pre>
        )}
      </Show>
      <p class="meta">{props.one.fix}</p>
    </>
  );
}
