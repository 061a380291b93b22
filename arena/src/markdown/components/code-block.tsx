import { For, createEffect, createSignal, onCleanup } from "solid-js";
import { colours, type Coloured } from "../highlight";
import type { Fence } from "../document";

/** Milliseconds that a button says that it copied. */
const SAID = 1600;

/** A code block: the file's name or the language, a button that copies, marked lines. */
export function CodeBlock(props: { language: string; text: string; fence: Fence }) {
  const [word, setWord] = createSignal("Copy");
  const [coloured, setColoured] = createSignal<Coloured[][]>([]);
  const lines = props.text.replace(/\n$/, "").split("\n");
  const gone = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  onCleanup(() => {
    gone.abort();
    clearTimeout(timer);
  });
  // Colours come after the first paint and change no size.
  createEffect(() => {
    void colours(props.text, props.language).then(
      (found) => void (gone.signal.aborted || setColoured(found)),
      () => undefined,
    );
  });
  const copy = () =>
    void navigator.clipboard
      .writeText(props.text)
      .then(
        () => setWord("Copied"),
        () => setWord("Select it and press Ctrl+C"),
      )
      .finally(() => (timer = setTimeout(() => setWord("Copy"), SAID)));
  return (
    <div class="codebox">
      <header>
        <span>{props.fence.label || props.language}</span>
        <button type="button" class="btn quiet sm" data-copy="" onClick={copy}>
          {word()}
        </button>
      </header>
      <pre tabindex="0">
        <code data-language={props.language || undefined}>
          {lines.map((line, index) => (
            <span class={props.fence.marked(index + 1) ? "line hl" : "line"}>
              <For each={coloured()[index] ?? [{ text: line, colour: undefined }]}>
                {(piece) => (
                  <span style={piece.colour && { color: piece.colour }}>{piece.text}</span>
                )}
              </For>
              {"\n"}
            </span>
          ))}
        </code>
      </pre>
    </div>
  );
}
