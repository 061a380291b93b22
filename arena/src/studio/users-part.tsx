import { For, Show } from "solid-js";
import type { ManifestEditor } from "./create-manifest";
import { AddButton, Check, Field, Lines, Part, Rest } from "./form-parts";

const MOST = 20;

/** Who may log in to a machine. */
export function UsersPart(props: { editor: ManifestEditor; machine: number }) {
  const path = () => ["machines", props.machine, "users"];
  const users = () => props.editor.form().form.machines[props.machine]?.users ?? [];
  /** The first one when none is marked. */
  const login = () =>
    Math.max(
      0,
      users().findIndex((user) => user.default),
    );
  return (
    <Part title="Users">
      <For each={users().map((_, nth) => nth)}>
        {(nth) => (
          <Show when={users()[nth]}>
            {(user) => (
              <div class="formrow">
                <Field
                  label="User"
                  value={user().name}
                  onSet={(v) => props.editor.set([...path(), nth, "name"], v)}
                />
                <Check
                  label="Terminals log in"
                  value={login() === nth}
                  refused={login() === nth ? "Mark another one instead" : undefined}
                  onSet={() =>
                    props.editor.all(
                      users().map((_, other) => [
                        [...path(), other, "default"],
                        other === nth || undefined,
                      ]),
                    )
                  }
                />
                <button
                  type="button"
                  class="btn quiet sm"
                  onClick={() => props.editor.remove([...path(), nth])}
                >
                  Remove {user().name || "user"}
                </button>
                <Lines
                  prose
                  label="Welcome"
                  value={user().welcome}
                  placeholder="As the image has it; - for none"
                  onSet={(v) => props.editor.set([...path(), nth, "welcome"], v)}
                />
                <Rest keys={user().rest} />
              </div>
            )}
          </Show>
        )}
      </For>
      <AddButton
        label="Add a user"
        count={users().length}
        most={MOST}
        onAdd={() =>
          props.editor.add(path(), {
            name: users().some(({ name }) => name === "laborant") ? "root" : "laborant",
          })
        }
      />
    </Part>
  );
}
