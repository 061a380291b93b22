import { Show, createEffect, createSignal, on } from "solid-js";
import type { ManifestEditor } from "./create-manifest";
import type { Fault } from "./manifest-form";
import { ProblemList } from "./problem-list";

/** Pixels of a line of the text (studio.css). */
const LINE = 18;

/** The text of a manifest, and what is wrong with it. */
export function ManifestPanel(props: { editor: ManifestEditor }) {
  const [copied, setCopied] = createSignal(false);
  createEffect(on(props.editor.text, () => setCopied(false)));
  const copy = () =>
    void navigator.clipboard?.writeText(props.editor.text()).then(() => setCopied(true));
  const download = () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([props.editor.text()], { type: "text/yaml" }));
    link.download = "manifest.yaml";
    link.click();
    URL.revokeObjectURL(link.href);
  };
  let area!: HTMLTextAreaElement;
  /** Puts the caret where the text stops being a manifest. */
  const goTo = ({ line, column }: Fault) => {
    const before = area.value.split("\n").slice(0, line - 1);
    const at = before.reduce((sum, one) => sum + one.length + 1, 0) + column - 1;
    area.focus();
    area.setSelectionRange(at, at);
    area.scrollTop = Math.max(0, (line - 1) * LINE - area.clientHeight / 2);
  };
  /** Of a text that is no YAML the first problem: the others follow from it. */
  const shown = () =>
    (props.editor.problems() ?? []).slice(0, props.editor.form().locked ? 1 : undefined);
  const state = () => {
    const { refused, problems } = props.editor;
    if (refused()) return refused();
    const found = problems() && shown();
    if (found === undefined) return "Checking.";
    return found.length ? `${found.length} to look at` : "Nothing wrong with it.";
  };
  return (
    <section class="panel yamlpanel">
      <header>
        <h2>manifest.yaml</h2>
        <span class="meta" role="status">
          {state()}
        </span>
        <span class="end">
          <Show when={props.editor.form().fault}>
            {(fault) => (
              <button type="button" class="btn sm" onClick={() => goTo(fault())}>
                Go to line {fault().line}
              </button>
            )}
          </Show>
          <button
            type="button"
            class="btn sm"
            disabled={props.editor.steps().back === 0}
            onClick={() => props.editor.undo()}
          >
            Undo
          </button>
          <button
            type="button"
            class="btn sm"
            disabled={props.editor.steps().again === 0}
            onClick={() => props.editor.redo()}
          >
            Redo
          </button>
          <button type="button" class="btn sm" onClick={copy}>
            {copied() ? "Copied" : "Copy"}
          </button>
          <button type="button" class="btn sm" onClick={download}>
            Download
          </button>
        </span>
      </header>
      <textarea
        ref={area}
        class="field mono yamltext"
        aria-label="manifest.yaml"
        data-testid="manifest"
        spellcheck={false}
        value={props.editor.text()}
        onInput={(event) => props.editor.change(event.currentTarget.value)}
      />
      <ProblemList problems={shown()} />
      <p class="meta pad">
        Save it here, or put it into{" "}
        <code>playgrounds/{props.editor.form().form.name || "NAME"}/manifest.yaml</code>, or below{" "}
        <code>playground:</code> of a challenge.
      </p>
    </section>
  );
}
