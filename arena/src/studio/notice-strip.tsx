import { Show, createEffect } from "solid-js";
import type { ManifestEditor } from "./create-manifest";

/** What the last change did elsewhere, with the way back. It stays until the next change. */
export function NoticeStrip(props: { editor: ManifestEditor }) {
  let strip!: HTMLDivElement;
  createEffect(() => {
    if (props.editor.notice()?.gone) strip.querySelector("button")?.focus();
  });
  /** The button goes with its step: who uses keys goes on from here. */
  const stepping = (act: () => void) => {
    act();
    strip.focus();
  };
  return (
    <div
      ref={strip}
      class="formnotice"
      role="status"
      tabindex="-1"
      data-testid="constructor-notice"
    >
      <Show when={props.editor.notice()}>
        {(notice) => (
          <p>
            <span>{notice().text}</span>
            <span class="end">
              <Show when={notice().more}>
                {(more) => (
                  <button type="button" class="btn sm" onClick={() => stepping(more().act)}>
                    {more().label}
                  </button>
                )}
              </Show>
              <Show when={notice().changed}>
                <button
                  type="button"
                  class="btn sm"
                  onClick={() => stepping(() => props.editor.undo())}
                >
                  Undo that
                </button>
              </Show>
            </span>
          </p>
        )}
      </Show>
    </div>
  );
}
