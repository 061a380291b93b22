import { For, Show } from "solid-js";
import type { ManifestEditor } from "./create-manifest";
import { Choice, Group, Item } from "./form-parts";
import { freeName } from "./manifest";

/** What prepares the machines of a manifest. */
export function InitTasksSection(props: { editor: ManifestEditor }) {
  return (
    <Group
      title="Init tasks"
      most={100}
      count={props.editor.form().form.initTasks.length}
      add="Add an init task"
      empty="None: machines are ready when they are up."
      onAdd={() =>
        props.editor.set(
          [
            "initTasks",
            freeName(
              props.editor.form().form.initTasks.map(({ name }) => name),
              "init_",
            ),
          ],
          {
            init: true,
            machine: props.editor.names("machines")[0] ?? "",
            run: "true",
          },
        )
      }
    >
      <For each={props.editor.form().form.initTasks.map(({ name }) => name)}>
        {(name) => {
          const one = () => props.editor.form().form.initTasks.find((task) => task.name === name);
          return (
            <Show when={one()}>
              {(task) => (
                <Item name={name} onRemove={() => props.editor.remove(["initTasks", name])}>
                  <Choice
                    label="Machine"
                    value={task().machine}
                    options={props.editor.names("machines")}
                    onSet={(v) => props.editor.set(["initTasks", name, "machine"], v)}
                  />
                  <label class="formfield wide">
                    <span>{name}</span>
                    <textarea
                      class="field mono"
                      rows={Math.min(8, task().run.split("\n").length + 1)}
                      value={task().run}
                      onChange={(event) =>
                        props.editor.set(["initTasks", name, "run"], event.currentTarget.value)
                      }
                    />
                  </label>
                </Item>
              )}
            </Show>
          );
        }}
      </For>
    </Group>
  );
}
