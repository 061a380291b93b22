import { For, Show } from "solid-js";
import type { ManifestEditor } from "./create-manifest";
import { DrivesPart } from "./drives-part";
import { Check, Choice, Field, Group, Item } from "./form-parts";
import { freeName } from "./manifest";

const number = (value: string) => (/^\d+$/.test(value) ? Number(value) : value);

const MOST = 5;

/** The machines of a manifest. */
export function MachinesSection(props: { editor: ManifestEditor }) {
  return (
    <Group
      title="Machines"
      most={MOST}
      count={props.editor.form().form.machines.length}
      add="Add a machine"
      empty={
        props.editor.form().form.base
          ? `None listed: those of ${props.editor.form().form.base}. Listed ones are exactly those, each over the base's of its name.`
          : undefined
      }
      onAdd={() =>
        props.editor.add(["machines"], {
          name: freeName(props.editor.names("machines"), "lab-"),
          users: [{ name: "laborant", default: true }],
          drives: [{ source: "debian-12", mount: "/", size: "2GiB" }],
          network: { interfaces: [{ network: props.editor.names("networks")[0] ?? "local" }] },
          resources: { cpuCount: 1, ramSize: "512MiB" },
        })
      }
    >
      <For each={props.editor.form().form.machines.map((_, at) => at)}>
        {(at) => {
          const one = () => props.editor.form().form.machines[at];
          const root = (key: string, value: unknown) => props.editor.setRoot(at, key, value);
          return (
            <Show when={one()}>
              {(machine) => (
                <Item
                  name={`machine ${machine().name}`}
                  onRemove={() => props.editor.remove(["machines", at])}
                >
                  <Field
                    label="Name"
                    value={machine().name}
                    onSet={(v) => props.editor.set(["machines", at, "name"], v)}
                  />
                  <Field label="Image" value={machine().image} onSet={(v) => root("source", v)} />
                  <Field label="Root drive" value={machine().size} onSet={(v) => root("size", v)} />
                  <Field
                    label="User"
                    value={machine().user}
                    onSet={(v) =>
                      props.editor.set(
                        ["machines", at, "users"],
                        v ? [{ name: v, default: true }] : undefined,
                      )
                    }
                  />
                  <Field
                    label="CPUs"
                    value={machine().cpuCount}
                    onSet={(v) =>
                      props.editor.set(["machines", at, "resources", "cpuCount"], number(v))
                    }
                  />
                  <Field
                    label="Memory"
                    value={machine().ramSize}
                    onSet={(v) => props.editor.set(["machines", at, "resources", "ramSize"], v)}
                  />
                  <For each={machine().networks.map((_, nic) => nic)}>
                    {(nic) => {
                      const path = ["machines", at, "network", "interfaces", nic];
                      return (
                        <div class="formrow">
                          <Choice
                            label={`eth${nic}`}
                            value={machine().networks[nic]?.network ?? ""}
                            options={props.editor.names("networks")}
                            onSet={(v) => props.editor.set([...path, "network"], v)}
                          />
                          <Field
                            label="Address"
                            value={machine().networks[nic]?.address ?? ""}
                            onSet={(v) => props.editor.set([...path, "address"], v)}
                          />
                          <button
                            type="button"
                            class="btn quiet sm"
                            onClick={() => props.editor.remove(path)}
                          >
                            Remove eth{nic}
                          </button>
                        </div>
                      );
                    }}
                  </For>
                  <button
                    type="button"
                    class="btn sm"
                    onClick={() =>
                      props.editor.add(["machines", at, "network", "interfaces"], {
                        network: props.editor.names("networks")[0] ?? "local",
                      })
                    }
                  >
                    Add an interface
                  </button>
                  <DrivesPart editor={props.editor} machine={at} />
                  <Check
                    label="No terminal for learners"
                    value={machine().noSSH}
                    onSet={(v) => props.editor.set(["machines", at, "noSSH"], v || undefined)}
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
