import { createEffect, createSignal, on, onCleanup } from "solid-js";

/** Least milliseconds between two messages: a screen reader that is interrupted says nothing. */
const PAUSE = 1_000;

/** What a polite live region says of a changing text: not its first value, at most once a second, the latest wins. */
export function announcer(text: () => string): () => string {
  const [spoken, setSpoken] = createSignal("");
  let timer: ReturnType<typeof setTimeout> | undefined;
  let last = 0;
  createEffect(
    on(
      text,
      (value) => {
        clearTimeout(timer);
        timer = setTimeout(
          () => {
            last = Date.now();
            setSpoken(value);
          },
          Math.max(0, last + PAUSE - Date.now()),
        );
      },
      { defer: true },
    ),
  );
  onCleanup(() => clearTimeout(timer));
  return spoken;
}
