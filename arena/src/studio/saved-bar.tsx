import { A, useNavigate } from "@solidjs/router";
import { Show, createResource, createSignal } from "solid-js";
import { ConfirmButton } from "~/components/confirm";
import { panelActs } from "~/live/act";
import { ask } from "~/live/ask";
import type { ManifestEditor } from "./create-manifest";
import { Choice } from "./form-parts";
import { STARTER } from "./manifest";
import { OWNED, type OwnedContent } from "./owned";

/** Playgrounds that the author stored: opened, saved, started and deleted. */
export function SavedBar(props: {
  editor: ManifestEditor;
  name: string;
  onOpen: (name: string) => void;
}) {
  const navigate = useNavigate();
  const { problem, act } = panelActs();
  /** The one whose text is in the editor. */
  let kept = "";
  const [busy, setBusy] = createSignal("");
  /** The text as it is stored; undefined = this one is not. */
  const [saved, setSaved] = createSignal<string>();
  const [mine, { refetch }] = createResource(async () =>
    (await ask<{ ownedContent: OwnedContent[] }>(OWNED)).ownedContent
      .filter(({ kind }) => kind === "playground")
      .map(({ name }) => name),
  );
  const [opened] = createResource(
    () => props.name,
    async (name) => {
      // What was saved a moment ago is on the screen, with its steps back.
      if (name === kept) return;
      const { playgroundManifest } = await ask<{ playgroundManifest: string }>(
        "query($n: String!) { playgroundManifest(name: $n) }",
        { n: name },
      );
      setSaved(playgroundManifest);
      props.editor.open(playgroundManifest || STARTER);
      kept = name;
    },
  );
  const form = () => props.editor.form().form;
  /** Under another name it is another playground. */
  const isNew = () => saved() === undefined || form().name !== props.name;
  const changed = () => isNew() || saved() !== props.editor.text();
  const broken = () =>
    props.editor.form().locked ||
    (props.editor.problems() ?? []).some(({ severity }) => severity === "error");
  const running = async (what: string, work: () => Promise<void>) => {
    setBusy(what);
    await work().finally(() => setBusy(""));
  };
  const save = () =>
    running("save", async () => {
      const [name, text] = [form().name, props.editor.text()];
      const done = await act(
        "mutation($n: String!, $m: String!, $c: Boolean!) { savePlayground(name: $n, manifest: $m, create: $c) }",
        { n: name, m: text, c: isNew() },
      );
      if (!done) return;
      setSaved(text);
      kept = name;
      void refetch();
      if (name !== props.name) props.onOpen(name);
    });
  const start = () =>
    running("start", async () => {
      const done = await act<{ startPlay: { id: string } }>(
        "mutation($c: String!) { startPlay(challenge: $c) { id } }",
        { c: `playground/${props.name}` },
      );
      if (done) navigate(`/plays/${done.startPlay.id}`);
    });
  const remove = () =>
    running("remove", async () => {
      const done = await act(
        'mutation($n: String!) { removeContent(kind: "playground", name: $n) }',
        { n: props.name },
      );
      if (!done) return;
      // The text stays as something new: what was deleted by mistake is saved again.
      setSaved(undefined);
      kept = "";
      void refetch();
      props.onOpen("");
    });
  const state = () => {
    if (opened.loading) return "Opening it.";
    if (saved() === undefined) return "Not saved.";
    return changed()
      ? isNew()
        ? `Will be another one: ${form().name || "it has no name"}.`
        : "Changed since it was saved."
      : "Saved.";
  };
  return (
    <section class="panel savedbar" aria-label="Stored playground">
      <Choice
        label="My playgrounds"
        value={props.name}
        options={["", ...(mine.error ? [] : (mine.latest ?? []))]}
        words={{ "": "a new one" }}
        onSet={(name) => {
          if (name === "") {
            setSaved(undefined);
            kept = "";
            props.editor.open(STARTER);
          }
          props.onOpen(name);
        }}
      />
      <span class="meta" role="status" data-testid="saved-state">
        {state()}
      </span>
      <span class="end">
        <Show when={saved() !== undefined && !isNew()}>
          <A class="btn" href={`/playgrounds/${props.name}`}>
            Its page
          </A>
          <ConfirmButton
            class="btn"
            label="Delete"
            testid="delete-playground"
            title={`Delete ${props.name}?`}
            text="Its versions go with it, and nobody can start it any more. Plays that run go on; content made of it does not load until it is there again."
            keep="Keep it"
            act="Delete playground"
            danger
            onConfirm={() => void remove()}
          />
          <button
            type="button"
            class="btn"
            data-testid="start-saved"
            disabled={changed() || busy() !== ""}
            title={changed() ? "Save it first" : undefined}
            onClick={() => void start()}
          >
            {busy() === "start" ? "Starting" : "Start it"}
          </button>
        </Show>
        <button
          type="button"
          class="btn primary"
          data-testid="save-playground"
          disabled={!changed() || broken() || busy() !== ""}
          title={broken() ? "Put right what is told below first" : undefined}
          onClick={() => void save()}
        >
          {busy() === "save" ? "Saving" : isNew() ? "Save as new" : "Save"}
        </button>
      </span>
      <Show when={problem() || (opened.error as Error | undefined)?.message}>
        {(text) => (
          <p class="formerror" role="alert">
            {text()}
          </p>
        )}
      </Show>
    </section>
  );
}
