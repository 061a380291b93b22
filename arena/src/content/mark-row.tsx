import { Show, createSignal } from "solid-js";
import { Glyph } from "~/components/icon";
import { ask, type AskError } from "~/live/ask";
import { useMe } from "~/live/me";

/** Says that something is done, and takes it back. */
export function MarkRow(props: {
  kind: string;
  name: string;
  part?: string;
  done: boolean;
  onChange: () => unknown;
}) {
  const { me } = useMe();
  const [error, setError] = createSignal("");
  const mark = (done: boolean) => {
    setError("");
    ask(
      "mutation($k: String!, $n: String!, $p: String, $d: Boolean!) { markContent(kind: $k, name: $n, part: $p, done: $d) { status } }",
      { k: props.kind, n: props.name, p: props.part || null, d: done },
    ).then(
      () => void props.onChange(),
      (problem: AskError) => setError(`${problem.message} ${problem.help}`),
    );
  };
  return (
    <Show when={me()}>
      <div class="markrow" data-testid="mark-row" data-done={props.done}>
        <Glyph state={props.done ? "completed" : "created"} />
        <span role="status">{props.done ? "Completed" : "Not completed yet"}</span>
        <Show
          when={props.done}
          fallback={
            <button type="button" class="btn" onClick={() => mark(true)}>
              Mark as completed
            </button>
          }
        >
          <button type="button" class="btn quiet sm" onClick={() => mark(false)}>
            Undo
          </button>
        </Show>
      </div>
      <Show when={error()}>
        <div class="formerror" role="alert">
          {error()}
        </div>
      </Show>
    </Show>
  );
}
