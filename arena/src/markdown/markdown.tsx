import { createEffect, onCleanup } from "solid-js";
import { highlight } from "./highlight";
import { html } from "./html";

/** Milliseconds that a button says that it copied. */
const SAID = 1600;

/** Markdown as a block of a page; its code copies and is coloured. */
export function Markdown(props: { text: string; class?: string }) {
  let box!: HTMLDivElement;
  const gone = new AbortController();
  onCleanup(() => gone.abort());
  createEffect(() => {
    if (props.text.includes("```") || props.text.includes("~~~")) void highlight(box, gone.signal);
  });
  const copy = (event: MouseEvent) => {
    const button = (event.target as Element).closest<HTMLButtonElement>("button[data-copy]");
    const code = button?.closest(".codebox")?.querySelector("code")?.textContent;
    if (!button || !code) return;
    navigator.clipboard
      .writeText(code.replace(/\n$/, ""))
      .then(
        () => (button.textContent = "Copied"),
        () => (button.textContent = "Select it and press Ctrl+C"),
      )
      .finally(() => setTimeout(() => (button.textContent = "Copy"), SAID));
  };
  return <div class={props.class ?? "md"} ref={box} innerHTML={html(props.text)} onClick={copy} />;
}
