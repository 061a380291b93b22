import { Show, createMemo, createSignal } from "solid-js";
import { ConfirmButton } from "~/components/confirm";
import { Glyph } from "~/components/icon";
import { stateWord } from "~/graph/state";
import type { AskError } from "~/live/ask";
import { useScene } from "../scene";
import { AuthorNote } from "./author-note";
import { said, type BlockProps } from "./component";

/** A pattern of an author, which may be malformed: then everything fits. */
function pattern(source: string): RegExp | undefined {
  try {
    return source ? new RegExp(source) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * `::simple-task` and `::user-input-task`: what to reach, its state, its reason, and a field when it takes
 * an answer. Both texts are in the page from the start, so nothing is built when the state arrives.
 */
export function Task(props: BlockProps) {
  const scene = useScene();
  const name = () => said(props.given["name"]);
  const input = () => props.name === "user-input-task";
  const regex = createMemo(() => pattern(said(props.given["validateRegex"])));
  const look = () => scene.task(name());
  const code = () => look()?.state ?? 0;
  const word = () => stateWord(code());
  const [value, setValue] = createSignal("");
  const [error, setError] = createSignal("");
  const [sent, setSent] = createSignal(false);
  const submit = (event: Event) => {
    event.preventDefault();
    setError("");
    const form = regex();
    if (form && !form.test(value())) {
      setError(`The answer does not have the form ${form.source}`);
      return;
    }
    scene.submit?.(name(), value()).then(
      () => setSent(true),
      (problem: AskError) => setError(`${problem.message} ${problem.help}`),
    );
  };
  const answers = () => code() === 30 && scene.submit !== undefined;
  const has = (slot: string) => props.slots.includes(slot);
  const done = () => code() === 40 && has("completed");
  return (
    <div class={`task ${word()}`} data-testid="task-block" data-task={name()} data-state={code()}>
      <div class="row">
        <Glyph state={word()} />
        <div class="body">
          <div class="slot" hidden={done()}>
            {props.slot(has("active") ? "active" : "default")}
          </div>
          <Show when={input() && code() === 40 && value()}>
            <code>{value()}</code>
          </Show>
          <Show when={has("completed")}>
            <div class="slot" hidden={!done()}>
              {props.slot("completed")}
            </div>
          </Show>
          <Show when={input() && code() !== 40}>
            <form onSubmit={submit}>
              <input
                class="field mono"
                aria-label="Answer"
                data-testid="task-input"
                value={value()}
                maxlength={4096}
                disabled={!answers()}
                onInput={(event) => setValue(event.currentTarget.value)}
              />
              <button type="submit" class="btn" data-testid="task-submit" disabled={!answers()}>
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
      <Show when={code() === 30 && (look()?.hint || sent())}>
        <div class="why" data-testid="task-hint" style="white-space:pre-wrap">
          <b>Not yet.</b> {look()?.hint}
        </div>
      </Show>
      <Show when={code() === 35}>
        <div class="why failedwhy" style="white-space:pre-wrap">
          <span>
            <b>Why it failed.</b> {look()?.failure}
          </span>
          <Show when={scene.restart}>
            {(restart) => (
              <ConfirmButton
                class="btn sm"
                label="Restart attempt"
                title="Restart this attempt?"
                text="The machines and everything on them are deleted, and the attempt begins anew. Recorded solves stay."
                act="Restart attempt"
                danger
                onConfirm={() => restart()()}
              />
            )}
          </Show>
        </div>
      </Show>
      <Show when={!name()}>
        <AuthorNote>This task component has no name.</AuthorNote>
      </Show>
    </div>
  );
}
