import { codeKey } from "@agon/content/code-key";
import { Index, createMemo, createSignal, onCleanup } from "solid-js";
import { piecesOf } from "../code-runs";
import type { Fence } from "../document";
import { useScene } from "../scene";

/** Milliseconds that a button says that it copied. */
const SAID = 1600;

/** A code block: the file's name or the language, a button that copies, marked lines. */
export function CodeBlock(props: { language: string; text: string; fence: Fence }) {
  const [word, setWord] = createSignal("Copy");
  const scene = useScene();
  const key = codeKey(props.language, props.text);
  // A memo of the runs, so that other blocks of a changed text do not draw this one anew.
  const runs = createMemo(() => scene.code.find((one) => one.key === key)?.runs ?? "");
  const lines = createMemo(() => piecesOf(props.text.replace(/\n$/, ""), runs()));
  let timer: ReturnType<typeof setTimeout> | undefined;
  onCleanup(() => clearTimeout(timer));
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
          <Index each={lines()}>
            {(line, index) => (
              <span class={props.fence.marked(index + 1) ? "line hl" : "line"}>
                <Index each={line()}>
                  {(piece) => (
                    <span class={piece().colour ? `code-${piece().colour}` : undefined}>
                      {piece().text}
                    </span>
                  )}
                </Index>
                {"\n"}
              </span>
            )}
          </Index>
        </code>
      </pre>
    </div>
  );
}
