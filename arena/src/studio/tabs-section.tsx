import { For, Show } from "solid-js";
import type { ManifestEditor } from "./create-manifest";
import { Choice, Field, Group, Item } from "./form-parts";

const TABS = ["terminal", "ide", "http-port", "web-page", "kexp"];
const number = (value: string) => (/^\d+$/.test(value) ? Number(value) : value);

const MOST = 10;

/** The tabs of a manifest. */
export function TabsSection(props: { editor: ManifestEditor }) {
  return (
    <Group
      title="Tabs"
      most={MOST}
      count={props.editor.form().form.tabs.length}
      add="Add a tab"
      empty="None given: one terminal for each machine."
      onAdd={() =>
        props.editor.add(["tabs"], {
          kind: "terminal",
          machine: props.editor.names("machines")[0] ?? "",
        })
      }
    >
      <For each={props.editor.form().form.tabs.map((_, at) => at)}>
        {(at) => {
          const one = () => props.editor.form().form.tabs[at];
          return (
            <Show when={one()}>
              {(tab) => (
                <Item name={`tab ${at + 1}`} onRemove={() => props.editor.remove(["tabs", at])}>
                  <Choice
                    label="Kind"
                    value={tab().kind}
                    options={TABS}
                    onSet={(v) => props.editor.set(["tabs", at, "kind"], v)}
                  />
                  <Field
                    label="Label"
                    value={tab().name}
                    onSet={(v) => props.editor.set(["tabs", at, "name"], v)}
                  />
                  <Show when={tab().kind !== "web-page"}>
                    <Choice
                      label="Machine"
                      value={tab().machine}
                      options={props.editor.names("machines")}
                      onSet={(v) => props.editor.set(["tabs", at, "machine"], v)}
                    />
                  </Show>
                  <Show when={tab().kind === "http-port"}>
                    <Field
                      label="Port"
                      value={tab().number}
                      onSet={(v) => props.editor.set(["tabs", at, "number"], number(v))}
                    />
                  </Show>
                </Item>
              )}
            </Show>
          );
        }}
      </For>
    </Group>
  );
}
