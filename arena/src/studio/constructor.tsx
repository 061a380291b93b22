import { useSearchParams } from "@solidjs/router";
import { createResource } from "solid-js";
import { ask } from "~/live/ask";
import { createManifest } from "./create-manifest";
import { Choice, Field } from "./form-parts";
import { InitTasksSection } from "./init-tasks-section";
import { MachinesSection } from "./machines-section";
import { STARTER } from "./manifest";
import { ManifestPanel } from "./manifest-panel";
import { NetworksSection } from "./networks-section";
import { SavedBar } from "./saved-bar";
import { TabsSection } from "./tabs-section";

/** A playground's manifest as a form and as YAML: a change of either is a change of the other. */
export function PlaygroundConstructor() {
  const editor = createManifest(STARTER);
  const [search, setSearch] = useSearchParams<{ name: string }>();
  const [bases] = createResource(
    async () => (await ask<{ playgroundBases: string[] }>("{ playgroundBases }")).playgroundBases,
  );
  const form = () => editor.form().form;
  return (
    <>
      <SavedBar
        editor={editor}
        name={search.name ?? ""}
        onOpen={(name) => setSearch({ name: name || undefined })}
      />
      <div class="constructor">
        <fieldset class="panel" disabled={editor.form().locked} data-testid="constructor-form">
          <header>
            <h2>Form</h2>
            <span class="meta">
              {editor.form().locked
                ? "Locked while the text is no YAML."
                : "Changes only what you change."}
            </span>
          </header>
          <div class="pad formgrid">
            <Field label="Name" value={form().name} onSet={(v) => editor.setTop("name", v)} />
            <Field label="Title" value={form().title} onSet={(v) => editor.setTop("title", v)} />
            <Choice
              label="Based on"
              value={form().base}
              options={["", ...(bases.error ? [] : (bases.latest ?? []))]}
              words={{ "": "nothing" }}
              onSet={(v) => editor.setTop("base", v)}
            />
          </div>
          <NetworksSection editor={editor} />
          <MachinesSection editor={editor} />
          <TabsSection editor={editor} />
          <InitTasksSection editor={editor} />
        </fieldset>
        <ManifestPanel editor={editor} />
      </div>
    </>
  );
}
