import { For, Show } from "solid-js";
import type { ManifestEditor } from "./create-manifest";
import { Check, Field, Group, Item } from "./form-parts";
import { freeName } from "./manifest";
import { RemoveNamed } from "./remove-named";

const MOST = 10;

/** The networks of a manifest. */
export function NetworksSection(props: { editor: ManifestEditor }) {
  return (
    <Group
      title="Networks"
      most={MOST}
      count={props.editor.form().form.networks.length}
      add="Add a network"
      empty="None given: one network, local, 172.16.0.0/24."
      onAdd={() =>
        props.editor.add(["networks"], {
          name: freeName(props.editor.names("networks"), "net-"),
          subnet: `172.16.${props.editor.form().form.networks.length}.0/24`,
        })
      }
    >
      <For each={props.editor.form().form.networks.map((_, at) => at)}>
        {(at) => {
          const one = () => props.editor.form().form.networks[at];
          return (
            <Show when={one()}>
              {(network) => (
                <Item
                  name={`network ${network().name}`}
                  rest={network().rest}
                  remove={
                    <RemoveNamed editor={props.editor} of="networks" at={at} word="network" />
                  }
                >
                  <Field
                    label="Name"
                    value={network().name}
                    onSet={(v) => props.editor.rename("networks", at, v)}
                  />
                  <Field
                    label="Subnet"
                    value={network().subnet}
                    onSet={(v) => props.editor.set(["networks", at, "subnet"], v)}
                  />
                  <Field
                    label="Gateway"
                    value={network().gateway}
                    placeholder="the first address"
                    onSet={(v) => props.editor.set(["networks", at, "gateway"], v)}
                  />
                  <Check
                    label="Private: no way out of it"
                    value={network().private}
                    onSet={(v) => props.editor.set(["networks", at, "private"], v || undefined)}
                  />
                </Item>
              )}
            </Show>
          );
        }}
      </For>
    </Group>
  );
}
