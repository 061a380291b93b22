import { For, Show } from "solid-js";
import { ConditionsPart } from "./conditions-part";
import { listed, type ManifestEditor } from "./create-manifest";
import { Check, Choice, Field, Group, Item, Lines, More, Part, number } from "./form-parts";
import { initOrder, waitsFor } from "./init-order";
import { freeName } from "./manifest";
import type { Path } from "./manifest-form";
import { RemoveNamed } from "./remove-named";

const MOST = 100;

/** What prepares the machines of a manifest. */
export function InitTasksSection(props: { editor: ManifestEditor }) {
  const tasks = () => props.editor.form().form.initTasks;
  return (
    <Group
      title="Init tasks"
      most={MOST}
      count={tasks().length}
      add="Add an init task"
      empty="None: machines are ready when they are up."
      onAdd={() =>
        props.editor.set(["initTasks", freeName(props.editor.names("initTasks"), "init_")], {
          init: true,
          machine: props.editor.names("machines")[0] ?? "",
          run: "true",
        })
      }
    >
      <InitOrder editor={props.editor} />
      <For each={tasks().map((_, at) => at)}>
        {(at) => <InitTaskItem editor={props.editor} at={at} />}
      </For>
    </Group>
  );
}

/** In words, what starts when. */
function InitOrder(props: { editor: ManifestEditor }) {
  const order = () => initOrder(props.editor.form().form.initTasks);
  return (
    <>
      <Show when={order().rows.length > 1}>
        <ol class="initorder" aria-label="Order of init tasks">
          <For each={order().rows}>{(row) => <li>{row.join(", ")}</li>}</For>
        </ol>
      </Show>
      <Show when={order().never.length}>
        <p class="caution">
          {listed(order().never)} never {order().never.length > 1 ? "start" : "starts"}: their needs
          go in a circle.
        </p>
      </Show>
    </>
  );
}

function InitTaskItem(props: { editor: ManifestEditor; at: number }) {
  const tasks = () => props.editor.form().form.initTasks;
  return (
    <Show when={tasks()[props.at]}>
      {(task) => {
        const path = () => ["initTasks", task().name];
        const set = (key: string, value: unknown) => props.editor.set([...path(), key], value);
        const need = (name: string, needed: boolean) => {
          const { needs } = task();
          // A single word counts as a list of one.
          if (needs.length && !props.editor.has([...path(), "needs", 0]))
            set("needs", needed ? [...needs, name] : undefined);
          else if (needed) props.editor.add([...path(), "needs"], name);
          else props.editor.remove([...path(), "needs", needs.indexOf(name)]);
        };
        /** Entries that stay the same keep their comments. */
        const setEnv = (next: string[]) => {
          const before = task().env.split("\n");
          if (next.length !== before.length || !props.editor.has([...path(), "env", 0]))
            set("env", next);
          else
            props.editor.all(
              next.flatMap((one, at) =>
                one === before[at] ? [] : [[[...path(), "env", at], one] as [Path, string]],
              ),
            );
        };
        const others = () => [
          ...props.editor.names("initTasks").filter((name) => name !== task().name),
          // What is none of these may be the base's.
          ...task().needs.filter((name) => !props.editor.names("initTasks").includes(name)),
        ];
        return (
          <Item
            name={`init task ${task().name}`}
            rest={task().rest}
            remove={
              <RemoveNamed editor={props.editor} of="initTasks" at={props.at} word="init task" />
            }
          >
            <Field
              label="Name"
              value={task().name}
              onSet={(v) => props.editor.rename("initTasks", props.at, v)}
            />
            <Choice
              label="Machine"
              value={task().machine}
              options={props.editor.names("machines")}
              onSet={(v) => set("machine", v)}
            />
            <Field
              label="User"
              value={task().user}
              placeholder="root"
              onSet={(v) => set("user", v)}
            />
            <Field
              label="Seconds at most"
              value={task().timeoutSeconds}
              placeholder="60"
              onSet={(v) => set("timeout_seconds", number(v))}
            />
            <Lines label="Script" value={task().run} onSet={(v) => set("run", v)} />
            <Show when={others().length}>
              <Part title="Needs">
                <div class="formneeds">
                  <For each={others()}>
                    {(name) => (
                      <Check
                        label={name}
                        value={task().needs.includes(name)}
                        refused={
                          !task().needs.includes(name) && waitsFor(tasks(), name, task().name)
                            ? `${name} waits for this one`
                            : undefined
                        }
                        onSet={(needed) => need(name, needed)}
                      />
                    )}
                  </For>
                </div>
              </Part>
            </Show>
            <Show when={task().conditions.length || props.editor.form().form.questions.length}>
              <ConditionsPart editor={props.editor} at={props.at} />
            </Show>
            <More used={Boolean(task().env || task().failcheck || task().hintcheck)}>
              <Lines
                label="Environment, NAME=value a line"
                value={task().env}
                onSet={(v) => setEnv(v.split("\n").flatMap((line) => line.trim() || []))}
              />
              <Lines
                label="Fails for good when this does"
                value={task().failcheck}
                onSet={(v) => set("failcheck", v)}
              />
              <Lines
                label="Says what is missing"
                value={task().hintcheck}
                onSet={(v) => set("hintcheck", v)}
              />
            </More>
          </Item>
        );
      }}
    </Show>
  );
}
