import { For, Show } from "solid-js";
import type { ManifestEditor } from "./create-manifest";
import { Check, Field, Group, Item } from "./form-parts";
import { freeName } from "./manifest";

const MOST = 8;

/** The networks of a manifest. */
export function NetworksSection(props: { editor: ManifestEditor }) {
  return (
    <Group
      title="Networks"
      most={MOST}
      count={props.editor.form().form.networks.length}
      add="Add a network"
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
                  onRemove={() => props.editor.remove(["networks", at])}
                >
                  <Field
                    label="Name"
                    value={network().name}
                    onSet={(v) => props.editor.set(["networks", at, "name"], v)}
                  />
                  <Field
                    label="Subnet"
                    value={network().subnet}
                    onSet={(v) => props.editor.set(["networks", at, "subnet"], v)}
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
