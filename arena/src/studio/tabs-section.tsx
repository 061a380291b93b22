import { For, Show } from "solid-js";
import type { ManifestEditor } from "./create-manifest";
import { Check, Choice, Field, Group, Item, More, RemoveButton, number } from "./form-parts";

const KINDS = ["terminal", "ide", "http-port", "web-page", "kexp"];
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
        {(at) => <TabItem editor={props.editor} at={at} />}
      </For>
    </Group>
  );
}

function TabItem(props: { editor: ManifestEditor; at: number }) {
  const one = () => props.editor.form().form.tabs[props.at];
  const set = (key: string, value: unknown) => props.editor.set(["tabs", props.at, key], value);
  return (
    <Show when={one()}>
      {(tab) => {
        const isPort = () => tab().kind === "http-port";
        const isPage = () => tab().kind === "web-page";
        return (
          <Item
            name={`tab ${props.at + 1}`}
            rest={tab().rest}
            remove={
              <RemoveButton
                name={`tab ${props.at + 1}`}
                onRemove={() => props.editor.remove(["tabs", props.at])}
              />
            }
          >
            <Choice label="Kind" value={tab().kind} options={KINDS} onSet={(v) => set("kind", v)} />
            <Field label="Label" value={tab().name} onSet={(v) => set("name", v)} />
            {/* What a kind does not use is shown where it stands in the text. */}
            <Show when={!isPage() || tab().machine}>
              <Choice
                label="Machine"
                value={tab().machine}
                options={["", ...props.editor.names("machines")]}
                words={{ "": "the first one" }}
                onSet={(v) => set("machine", v)}
              />
            </Show>
            <Show when={isPort() || tab().number}>
              <Field label="Port" value={tab().number} onSet={(v) => set("number", number(v))} />
            </Show>
            <Show when={isPage() || tab().url}>
              <Field label="Address" value={tab().url} onSet={(v) => set("url", v)} />
            </Show>
            <Choice
              label="Opens in"
              value={tab().target === "pane" ? "" : tab().target}
              options={["", "window"]}
              words={{ "": "the page", window: "a browser tab" }}
              onSet={(v) =>
                // A window of its own is in no pane.
                props.editor.all([
                  [["tabs", props.at, "target"], v],
                  ...(v ? [[["tabs", props.at, "pane"], undefined] as [string[], undefined]] : []),
                ])
              }
            />
            <Show when={tab().target !== "window" || tab().pane}>
              <Choice
                label="Pane"
                value={tab().pane}
                options={["", "right", ...(tab().pane === "left" ? ["left"] : [])]}
                words={{ "": "left" }}
                onSet={(v) => set("pane", v)}
              />
            </Show>
            <Show when={isPort() || tab().access}>
              <Choice
                label="Who opens it"
                value={tab().access === "private" ? "" : tab().access}
                options={["", "public"]}
                words={{ "": "the learner", public: "who knows its address" }}
                onSet={(v) => set("access", v)}
              />
            </Show>
            <Show when={isPort() || tab().tls}>
              <Check
                label="The service speaks TLS"
                value={tab().tls}
                onSet={(v) => set("tls", v || undefined)}
              />
            </Show>
            <More used={Boolean(tab().id || tab().hostRewrite || tab().pathRewrite)}>
              <Field
                label="Id"
                value={tab().id}
                placeholder="by kind and machine"
                onSet={(v) => set("id", v)}
              />
              <Show when={isPort() || tab().hostRewrite}>
                <Field
                  label="Host header"
                  value={tab().hostRewrite}
                  onSet={(v) => set("hostRewrite", v)}
                />
              </Show>
              <Show when={isPort() || tab().pathRewrite}>
                <Field
                  label="Path before each path"
                  value={tab().pathRewrite}
                  onSet={(v) => set("pathRewrite", v)}
                />
              </Show>
            </More>
          </Item>
        );
      }}
    </Show>
  );
}
