import { For, Show } from "solid-js";
import type { ManifestEditor } from "./create-manifest";
import { AddButton, Check, Choice, Field, Part, Rest } from "./form-parts";

const FILE_SYSTEMS = ["ext4", "ext3", "ext2", "xfs", "btrfs"];
/** Drives of a machine, its root drive too. */
const MOST = 24;

/** As the machine will call a drive: the place in the list decides. */
const device = (at: number) => `vd${String.fromCodePoint("a".codePointAt(0)! + at)}`;

/** The drives of a machine besides its root drive. */
export function DrivesPart(props: { editor: ManifestEditor; machine: number }) {
  const path = () => ["machines", props.machine, "drives"];
  const drives = () => props.editor.form().form.machines[props.machine]?.drives ?? [];
  return (
    <Part title="More drives">
      <For each={drives().map((_, nth) => nth)}>
        {(nth) => (
          <Show when={drives()[nth]}>
            {(drive) => (
              <div class="formrow">
                <Field
                  label={`${device(drive().at)} mounted at`}
                  value={drive().mount}
                  onSet={(v) => props.editor.set([...path(), drive().at, "mount"], v)}
                />
                <Field
                  label={`Size of ${device(drive().at)}`}
                  value={drive().size}
                  onSet={(v) => props.editor.set([...path(), drive().at, "size"], v)}
                />
                <Choice
                  label="File system"
                  value={drive().filesystem}
                  options={["", ...FILE_SYSTEMS]}
                  words={{ "": drive().mount || drive().source ? "by itself" : "none, raw" }}
                  onSet={(v) => props.editor.set([...path(), drive().at, "filesystem"], v)}
                />
                <Field
                  label={`Image of ${device(drive().at)}`}
                  value={drive().source}
                  onSet={(v) => props.editor.set([...path(), drive().at, "source"], v)}
                />
                <Check
                  label="Read only"
                  value={drive().readOnly}
                  onSet={(v) =>
                    props.editor.set([...path(), drive().at, "readOnly"], v || undefined)
                  }
                />
                <button
                  type="button"
                  class="btn quiet sm"
                  onClick={() => props.editor.remove([...path(), drive().at])}
                >
                  Remove {device(drive().at)}
                </button>
                <Rest keys={drive().rest} />
              </div>
            )}
          </Show>
        )}
      </For>
      <AddButton
        label="Add a drive"
        count={drives().length + 1}
        most={MOST}
        onAdd={() => props.editor.add(path(), { size: "1GiB", mount: freeMount() })}
      />
    </Part>
  );

  /** A folder that no other drive has. */
  function freeMount(): string {
    for (let n = 1; ; n++) {
      const mount = n === 1 ? "/data" : `/data-${n}`;
      if (!drives().some((one) => one.mount === mount)) return mount;
    }
  }
}
