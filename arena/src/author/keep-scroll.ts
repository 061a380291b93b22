import { createEffect, on, onCleanup, onMount } from "solid-js";

/**
 * Keeps a pane where its reader left it while its content is replaced: for a moment the new content is
 * shorter, and the browser would go to the top.
 */
export function keepScroll(pane: () => HTMLElement, content: () => unknown): void {
  let top = 0;
  const noted = () => (top = pane().scrollTop);
  onMount(() => {
    const element = pane();
    element.addEventListener("scroll", noted, { passive: true });
    onCleanup(() => element.removeEventListener("scroll", noted));
  });
  // Effects run once the DOM has the new content, and before the browser tells of its own scrolling.
  createEffect(on(content, () => (pane().scrollTop = top), { defer: true }));
}
