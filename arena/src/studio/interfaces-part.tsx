import { For, Show } from "solid-js";
import type { ManifestEditor } from "./create-manifest";
import { AddButton, Choice, Field, Part, Rest } from "./form-parts";

/** Interfaces of one machine; hosts have the same limit. */
const MOST = 10;

/** The network interfaces of a machine, in the order of their names. */
export function InterfacesPart(props: { editor: ManifestEditor; machine: number }) {
  const path = () => ["machines", props.machine, "network", "interfaces"];
  const interfaces = () => props.editor.form().form.machines[props.machine]?.networks ?? [];
  return (
    <Part title="Interfaces">
      <For each={interfaces().map((_, nic) => nic)}>
        {(nic) => (
          <Show when={interfaces()[nic]}>
            {(one) => (
              <div class="formrow">
                <Choice
                  label={`eth${nic}`}
                  value={one().network}
                  options={props.editor.names("networks")}
                  onSet={(v) => props.editor.set([...path(), nic, "network"], v)}
                />
                <Field
                  label="Address"
                  value={one().address}
                  placeholder="the next free one"
                  onSet={(v) => props.editor.set([...path(), nic, "address"], v)}
                />
                <button
                  type="button"
                  class="btn quiet sm"
                  onClick={() => props.editor.remove([...path(), nic])}
                >
                  Remove eth{nic}
                </button>
                <Rest keys={one().rest} />
              </div>
            )}
          </Show>
        )}
      </For>
      <AddButton
        label="Add an interface"
        count={interfaces().length}
        most={MOST}
        onAdd={() =>
          props.editor.add(path(), { network: props.editor.names("networks")[0] ?? "local" })
        }
      />
    </Part>
  );
}
