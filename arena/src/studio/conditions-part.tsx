import { For, Show } from "solid-js";
import type { ManifestEditor } from "./create-manifest";
import { AddButton, Choice, Field, Part } from "./form-parts";

const MOST = 20;

/** Answers with which an init task exists. The questions themselves stand in the YAML (initConditions). */
export function ConditionsPart(props: { editor: ManifestEditor; at: number }) {
  const task = () => props.editor.form().form.initTasks[props.at];
  const conditions = () => task()?.conditions ?? [];
  const questions = () => props.editor.form().form.questions;
  const path = () => ["initTasks", task()?.name ?? "", "conditions"];
  const answers = (key: string) => questions().find((one) => one.key === key)?.options ?? [];
  return (
    <Part title="Only when">
      <For each={conditions().map((_, nth) => nth)}>
        {(nth) => (
          <Show when={conditions()[nth]}>
            {(one) => (
              <div class="formrow">
                <Choice
                  label="Question"
                  value={one().key}
                  options={questions().map(({ key }) => key)}
                  onSet={(v) => props.editor.set([...path(), nth, "key"], v)}
                />
                <Show
                  when={answers(one().key).length}
                  fallback={
                    <Field
                      label="Answer"
                      value={one().value}
                      onSet={(v) => props.editor.set([...path(), nth, "value"], v)}
                    />
                  }
                >
                  <Choice
                    label="Answer"
                    value={one().value}
                    options={answers(one().key)}
                    onSet={(v) => props.editor.set([...path(), nth, "value"], v)}
                  />
                </Show>
                <button
                  type="button"
                  class="btn quiet sm"
                  onClick={() => props.editor.remove([...path(), nth])}
                >
                  Remove condition {nth + 1}
                </button>
              </div>
            )}
          </Show>
        )}
      </For>
      <Show when={questions()[0]}>
        {(first) => (
          <AddButton
            label="Add a condition"
            count={conditions().length}
            most={MOST}
            onAdd={() =>
              props.editor.add(path(), { key: first().key, value: first().options[0] ?? "" })
            }
          />
        )}
      </Show>
    </Part>
  );
}
