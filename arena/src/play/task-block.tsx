import { Show, createSignal, type JSX } from "solid-js";
import { Glyph } from "~/components/icon";
import { stateWord } from "~/graph/state";
import { ask, type AskError } from "~/live/ask";
import type { Play } from "~/live/types";

/** One task in the brief: what to reach, its state, its reason, and the input when it takes one. */
export function TaskBlock(props: {
  play: Play;
  name: string;
  active: JSX.Element;
  completed: JSX.Element;
  input: { wanted: boolean; regex: string };
}) {
  const task = () => props.play.tasks.find((one) => one.name === props.name);
  const code = () => task()?.state ?? 0;
  const word = () => stateWord(code());
  const [value, setValue] = createSignal("");
  const [error, setError] = createSignal("");
  const [sent, setSent] = createSignal(false);
  const submit = (event: Event) => {
    event.preventDefault();
    setError("");
    if (props.input.regex && !new RegExp(props.input.regex).test(value())) {
      setError(`The answer does not have the form ${props.input.regex}`);
      return;
    }
    ask(
      "mutation($p: ID!, $t: String!, $v: String!) { submitInput(play: $p, task: $t, value: $v) }",
      { p: props.play.id, t: props.name, v: value() },
    ).then(
      () => setSent(true),
      (problem: AskError) => setError(`${problem.message} ${problem.help}`),
    );
  };
  return (
    <div
      class={`task ${word()}`}
      data-testid="task-block"
      data-task={props.name}
      data-state={code()}
    >
      <div class="row">
        <Glyph state={word()} />
        <div class="body">
          <Show when={code() === 40} fallback={props.active}>
            {props.completed}
          </Show>
          <Show when={props.input.wanted && code() < 40}>
            <form onSubmit={submit}>
              <input
                class="field mono"
                aria-label="Answer"
                data-testid="task-input"
                value={value()}
                maxlength={4096}
                disabled={code() !== 30}
                onInput={(event) => setValue(event.currentTarget.value)}
              />
              <button type="submit" class="btn" data-testid="task-submit" disabled={code() !== 30}>
                Submit
              </button>
            </form>
          </Show>
        </div>
        <span class="state">
          {code() === 0 ? "" : word().charAt(0).toUpperCase() + word().slice(1)}
        </span>
      </div>
      <Show when={error()}>
        <div class="why" role="alert">
          {error()}
        </div>
      </Show>
      <Show when={code() === 30 && (task()?.hint || sent())}>
        <div class="why" data-testid="task-hint" style="white-space:pre-wrap">
          <b>Not yet.</b> {task()?.hint}
        </div>
      </Show>
      <Show when={code() === 35}>
        <div class="why" style="white-space:pre-wrap">
          <b>Why it failed.</b> {task()?.failure}
        </div>
      </Show>
    </div>
  );
}
