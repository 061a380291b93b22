import { Show, createSignal } from "solid-js";
import { ConfirmButton } from "~/components/confirm";
import { Icon } from "~/components/icon";
import { ask } from "~/live/ask";
import { CODE_FIELDS, type Hint } from "~/live/types";
import { Markdown } from "~/markdown/markdown";

/** A hint of a challenge: what it is about and what it costs, then its text. */
export function HintRow(props: {
  challenge: string;
  hint: Hint;
  /** Taking it costs nothing any more. */
  free: boolean;
  onChange: () => void;
  onProblem: (problem: Error & { help?: string }) => void;
}) {
  const [taken, setTaken] = createSignal<Hint>();
  const hint = () => taken() ?? props.hint;
  const text = () => hint().body ?? "";
  const take = () =>
    void ask<{ takeHint: Hint }>(
      `mutation($c: String!, $h: ID!) { takeHint(challenge: $c, hint: $h) { id body code { ${CODE_FIELDS} } } }`,
      { c: props.challenge, h: props.hint.id },
    ).then(
      ({ takeHint }) => {
        setTaken(takeHint);
        props.onChange();
      },
      (problem: Error) => props.onProblem(problem),
    );
  return (
    <Show
      when={text()}
      fallback={
        <div class="hintrow">
          <Icon name="hint" />
          <span>{props.hint.title}</span>
          <Show
            when={props.hint.cost > 0 && !props.free}
            fallback={
              <button type="button" class="btn sm" onClick={take}>
                Show
              </button>
            }
          >
            <ConfirmButton
              class="btn sm"
              label={`Take it, −${props.hint.cost} points`}
              title="Take this hint?"
              text={`“${props.hint.title}” costs ${props.hint.cost} points of this challenge.`}
              keep="Not now"
              act="Take hint"
              onConfirm={take}
            />
          </Show>
        </div>
      }
    >
      <div class="callout">
        <b>{props.hint.title}</b>
        <Markdown text={text()} code={hint().code} />
      </div>
    </Show>
  );
}
