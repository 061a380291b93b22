import { For, Show, createSignal } from "solid-js";
import { Icon } from "~/components/icon";
import { age } from "~/live/clock";
import type { Play } from "~/live/types";

/** Chooses a moment of the play to go back to, or to open as a copy beside it. */
export function GoBack(props: {
  play: Play;
  class?: string;
  /** @param replace this play ends, and the copy takes its place. */
  onFork: (checkpoint: string, replace: boolean) => void;
}) {
  let dialog!: HTMLDialogElement;
  const newestFirst = () => props.play.checkpoints.filter(({ missed }) => !missed).toReversed();
  const missed = () => props.play.checkpoints.find((one) => one.missed);
  const [chosen, setChosen] = createSignal<string>();
  // One that made room for a newer one can't be chosen any more.
  const id = () =>
    newestFirst().find((one) => one.id === chosen())?.id ?? newestFirst()[0]?.id ?? "";
  const act = (replace: boolean) => {
    dialog.close();
    props.onFork(id(), replace);
  };
  return (
    <Show when={props.play.checkpoints.length}>
      <button
        type="button"
        class={props.class ?? "btn quiet sm"}
        data-testid="go-back"
        onClick={() => dialog.showModal()}
      >
        <Icon name="replay" />
        Go back
      </button>
      <dialog class="ask" ref={dialog} aria-label="Go back to when a task turned green?">
        <h2 class="t-head">Go back to when a task turned green?</h2>
        <Show when={newestFirst().length}>
          <p class="dim" style="margin-top:8px">
            What you did after that moment is lost, in all machines of this play. Time goes on,
            recorded solves stay.
          </p>
          <fieldset class="moments">
            <legend class="visually-hidden">Moments</legend>
            <For each={newestFirst()}>
              {(one) => (
                <label>
                  <input
                    type="radio"
                    name={`moment-${props.play.id}`}
                    checked={id() === one.id}
                    onChange={() => setChosen(one.id)}
                  />
                  <span>
                    {one.title} <span class="meta">{age(one.at)} ago</span>
                  </span>
                </label>
              )}
            </For>
          </fieldset>
        </Show>
        <Show when={missed()}>
          {(one) => (
            <p class="dim" style="margin-top:12px" data-testid="missed">
              There is no way back to “{one().title}” ({age(one().at)} ago): {one().missed}.
            </p>
          )}
        </Show>
        <div class="end">
          <button type="button" class="btn" onClick={() => dialog.close()} autofocus>
            Keep going
          </button>
          <Show when={newestFirst().length}>
            <button type="button" class="btn" onClick={() => act(false)}>
              Open a copy
            </button>
            <button
              type="button"
              class="btn danger"
              data-testid="confirm-back"
              onClick={() => act(true)}
            >
              Go back
            </button>
          </Show>
        </div>
      </dialog>
    </Show>
  );
}
