import { For, Show } from "solid-js";
import type { ManifestEditor } from "./create-manifest";
import { DrivesPart } from "./drives-part";
import { Check, Choice, Field, Group, Item, number } from "./form-parts";
import { InterfacesPart } from "./interfaces-part";
import { freeName } from "./manifest";
import { RemoveNamed } from "./remove-named";
import { UsersPart } from "./users-part";

const MOST = 5;
/** What hosts run machines on; a manifest may say more, and keeps it. */
const BACKENDS = ["", "microvm", "container", "gvisor"];

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
          const set = (key: string[], value: unknown) =>
            props.editor.set(["machines", at, ...key], value);
          /** An older spelling of it stays as it is. */
          const kernel = () =>
            one()?.kernel && !props.editor.has(["machines", at, "kernel", "source"])
              ? ["kernel"]
              : ["kernel", "source"];
          return (
            <Show when={one()}>
              {(machine) => (
                <Item
                  name={`machine ${machine().name}`}
                  rest={machine().rest}
                  remove={
                    <RemoveNamed editor={props.editor} of="machines" at={at} word="machine" />
                  }
                >
                  <Field
                    label="Name"
                    value={machine().name}
                    onSet={(v) => props.editor.rename("machines", at, v)}
                  />
                  <Field label="Image" value={machine().image} onSet={(v) => root("source", v)} />
                  <Field
                    label="Root drive"
                    value={machine().size}
                    placeholder="2GiB"
                    onSet={(v) => root("size", v)}
                  />
                  <Field
                    label="CPUs"
                    value={machine().cpuCount}
                    placeholder="1"
                    onSet={(v) => set(["resources", "cpuCount"], number(v))}
                  />
                  <Field
                    label="Memory"
                    value={machine().ramSize}
                    placeholder="512MiB"
                    onSet={(v) => set(["resources", "ramSize"], v)}
                  />
                  <Choice
                    label="Backend"
                    value={machine().backend}
                    options={BACKENDS}
                    words={{ "": "the host's" }}
                    onSet={(v) => set(["backend"], v)}
                  />
                  <Field
                    label="Kernel"
                    value={machine().kernel}
                    placeholder="the host's"
                    onSet={(v) => set(kernel(), v)}
                  />
                  <UsersPart editor={props.editor} machine={at} />
                  <InterfacesPart editor={props.editor} machine={at} />
                  <DrivesPart editor={props.editor} machine={at} />
                  <Check
                    label="No terminal for learners"
                    value={machine().noSSH}
                    onSet={(v) => set(["noSSH"], v || undefined)}
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
