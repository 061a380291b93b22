import { Show, createEffect } from "solid-js";
import type { ManifestEditor } from "./create-manifest";

/** Pixels between the strip and a field that was below it. */
const GAP = 16;

/** What the last change did elsewhere, with the way back. It stays until the next change. */
export function NoticeStrip(props: { editor: ManifestEditor }) {
  let strip!: HTMLDivElement;
  createEffect(() => {
    const notice = props.editor.notice();
    if (notice?.gone) strip.querySelector("button")?.focus();
    // A key may just have moved on to a field that the strip now covers.
    if (notice) requestAnimationFrame(() => uncover(document.activeElement));
  });
  const uncover = (held: Element | null) => {
    if (!held || strip.contains(held) || !strip.parentElement?.contains(held)) return;
    const [field, cover] = [held.getBoundingClientRect(), strip.getBoundingClientRect()];
    if (field.bottom > cover.top && field.top < cover.bottom)
      window.scrollBy(0, field.bottom - cover.top + GAP);
  };
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
