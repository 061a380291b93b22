import { createEffect, createSignal, on } from "solid-js";
import type { ManifestEditor } from "./create-manifest";
import { ProblemList } from "./problem-list";

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
  const state = () => {
    const { refused, problems } = props.editor;
    if (refused()) return refused();
    const found = problems();
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
          <button
            type="button"
            class="btn sm"
            disabled={props.editor.steps() === 0}
            onClick={() => props.editor.undo()}
          >
            Undo
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
        class="field mono yamltext"
        aria-label="manifest.yaml"
        data-testid="manifest"
        spellcheck={false}
        value={props.editor.text()}
        onInput={(event) => props.editor.change(event.currentTarget.value)}
      />
      <ProblemList problems={props.editor.problems() ?? []} />
      <p class="meta pad">
        Save it here, or put it into{" "}
        <code>playgrounds/{props.editor.form().form.name || "NAME"}/manifest.yaml</code>, or below{" "}
        <code>playground:</code> of a challenge.
      </p>
    </section>
  );
}
