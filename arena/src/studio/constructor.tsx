import { useSearchParams } from "@solidjs/router";
import { createResource } from "solid-js";
import { ask } from "~/live/ask";
import { createManifest } from "./create-manifest";
import { Choice, Field, Rest } from "./form-parts";
import { InitTasksSection } from "./init-tasks-section";
import { MachinesSection } from "./machines-section";
import { STARTER } from "./manifest";
import { ManifestPanel } from "./manifest-panel";
import { NetworksSection } from "./networks-section";
import { NoticeStrip } from "./notice-strip";
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
  const locked = () => {
    const { fault } = editor.form();
    const place = fault ? `manifest.yaml:${fault.line}:${fault.column}` : "the text";
    return `Locked, as it was last: ${place} is no manifest.`;
  };
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
              {editor.form().locked ? locked() : "Changes only what you change."}
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
            <Field
              label="Categories"
              value={form().categories.join(", ")}
              placeholder="linux, networking"
              onSet={(v) =>
                editor.setTop(
                  "categories",
                  v.split(",").flatMap((one) => one.trim() || []),
                )
              }
            />
            <Field
              wide
              label="Description"
              value={form().description}
              onSet={(v) => editor.setTop("description", v)}
            />
            <Rest keys={form().rest} />
          </div>
          <NetworksSection editor={editor} />
          <MachinesSection editor={editor} />
          <TabsSection editor={editor} />
          <InitTasksSection editor={editor} />
          <NoticeStrip editor={editor} />
        </fieldset>
        <ManifestPanel editor={editor} />
      </div>
    </>
  );
}
