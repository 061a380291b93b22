import { For, Show, createSignal } from "solid-js";
import type { ManifestEditor } from "./create-manifest";
import { Choice, RemoveButton } from "./form-parts";
import type { Named, Reference } from "./manifest-references";

/** References that a question lists; a manifest rarely has more. */
const SHOWN = 12;

/** Takes a machine, network or init task away. What names it is told before: it goes, too, or to another one. */
export function RemoveNamed(props: {
  editor: ManifestEditor;
  of: Named;
  at: number;
  word: string;
}) {
  let dialog!: HTMLDialogElement;
  const [found, setFound] = createSignal<Reference[]>([]);
  const [instead, setInstead] = createSignal("");
  const name = () => props.editor.names(props.of)[props.at] ?? "";
  const others = () => props.editor.names(props.of).filter((one) => one !== name());
  const heir = () => (others().includes(instead()) ? instead() : (others()[0] ?? ""));
  const ask = () => {
    setFound(props.editor.references(props.of, props.at));
    if (found().length) dialog.showModal();
    else props.editor.removeNamed(props.of, props.at);
  };
  const remove = (to?: string) => {
    dialog.close();
    props.editor.removeNamed(props.of, props.at, to);
  };
  return (
    <>
      <RemoveButton name={`${props.word} ${name()}`} onRemove={ask} />
      <dialog
        class="ask"
        ref={dialog}
        aria-label={`Remove ${name()}?`}
        onClose={() => setFound([])}
      >
        <h2 class="t-head">Remove {name()}?</h2>
        <p class="dim" style="margin-top:8px">
          It is named by:
        </p>
        <ul class="refs" data-testid="references">
          <For each={found().slice(0, SHOWN)}>{({ where }) => <li>{where}</li>}</For>
          <Show when={found().length > SHOWN}>
            <li>and {found().length - SHOWN} more</li>
          </Show>
        </ul>
        <Show when={found().length && others().length}>
          <Choice
            label="Another one for them"
            value={heir()}
            options={others()}
            onSet={setInstead}
          />
        </Show>
        <div class="end">
          <button type="button" class="btn" onClick={() => dialog.close()} autofocus>
            Keep it
          </button>
          <Show when={found().length && heir()}>
            <button type="button" class="btn" onClick={() => remove(heir())}>
              Give them {heir()}
            </button>
          </Show>
          <button
            type="button"
            class="btn danger"
            data-testid="remove-all"
            onClick={() => remove()}
          >
            Remove all
          </button>
        </div>
      </dialog>
    </>
  );
}
