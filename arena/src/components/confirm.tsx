import type { JSX } from "solid-js";

/** Asks before something that can't be undone: the left button keeps, the right one does. */
export function ConfirmButton(props: {
  label: JSX.Element;
  class?: string;
  title: string;
  text: string;
  act: string;
  /** Label of the left button, which changes nothing. */
  keep?: string;
  onConfirm: () => void;
  testid?: string;
  danger?: boolean;
}) {
  let dialog!: HTMLDialogElement;
  return (
    <>
      <button
        type="button"
        class={props.class ?? "btn quiet sm"}
        data-testid={props.testid}
        onClick={() => dialog.showModal()}
      >
        {props.label}
      </button>
      <dialog class="ask" ref={dialog} aria-label={props.title}>
        <h2 class="t-head">{props.title}</h2>
        <p class="dim" style="margin-top:8px">
          {props.text}
        </p>
        <div class="end">
          <button type="button" class="btn" onClick={() => dialog.close()} autofocus>
            {props.keep ?? "Keep going"}
          </button>
          <button
            type="button"
            class={props.danger ? "btn danger" : "btn primary"}
            data-testid="confirm"
            onClick={() => {
              dialog.close();
              props.onConfirm();
            }}
          >
            {props.act}
          </button>
        </div>
      </dialog>
    </>
  );
}
