import {
  For,
  Show,
  createEffect,
  createMemo,
  createSignal,
  on,
  onCleanup,
  type JSX,
} from "solid-js";
import { ask, type AskError } from "~/live/ask";
import type { ContentProblem } from "~/live/types";
import {
  SPEC,
  STARTER,
  addItem,
  freeName,
  readForm,
  removeItem,
  rootDrive,
  setValue,
  type ManifestForm,
  type Path,
} from "./manifest";
import { ProblemList } from "./problem-list";

/** Milliseconds of silence after which the manifest is checked. */
const SETTLE = 300;
/** Steps back that are kept. */
const KEPT = 100;
const TABS = ["terminal", "ide", "http-port", "web-page", "kexp"];
const LIMITS = { machines: 5, networks: 8, tabs: 10 };

/** A playground's manifest as a form and as YAML: a change of either is a change of the other. */
export function PlaygroundConstructor() {
  const [text, setText] = createSignal(STARTER);
  const [past, setPast] = createSignal<string[]>([]);
  const [problems, setProblems] = createSignal<ContentProblem[]>();
  const [refused, setRefused] = createSignal("");
  const [copied, setCopied] = createSignal(false);
  /** The last form that could be read: while the text is no YAML it stands, locked. */
  const form = createMemo<{ form: ManifestForm; locked: boolean }>(
    (before) => {
      const now = readForm(text());
      return now ? { form: now, locked: false } : { form: before.form, locked: true };
    },
    { form: readForm(STARTER)!, locked: false },
  );
  const change = (next: string) => {
    if (next === text()) return;
    setPast([...past().slice(-KEPT + 1), text()]);
    setText(next);
    setCopied(false);
  };
  const undo = () => {
    const last = past().at(-1);
    if (last === undefined) return;
    setPast(past().slice(0, -1));
    setText(last);
  };
  const set = (path: Path, value: unknown) => change(setValue(text(), [SPEC, ...path], value));
  const add = (path: Path, value: unknown) => change(addItem(text(), [SPEC, ...path], value));
  const remove = (path: Path) => change(removeItem(text(), [SPEC, ...path]));
  let timer: ReturnType<typeof setTimeout> | undefined;
  let asked = 0;
  createEffect(
    on(text, (manifest) => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        const mine = ++asked;
        ask<{ checkPlayground: ContentProblem[] }>(
          "query($m: String!) { checkPlayground(manifest: $m) { file line column severity code message fix } }",
          { m: manifest },
        ).then(
          ({ checkPlayground }) => {
            if (mine !== asked) return;
            setProblems(checkPlayground);
            setRefused("");
          },
          (error: AskError) => setRefused(`${error.message} ${error.help}`),
        );
      }, SETTLE);
    }),
  );
  onCleanup(() => clearTimeout(timer));
  const copy = () => void navigator.clipboard?.writeText(text()).then(() => setCopied(true));
  const download = () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text()], { type: "text/yaml" }));
    link.download = "manifest.yaml";
    link.click();
    URL.revokeObjectURL(link.href);
  };
  const names = (of: "machines" | "networks") => form().form[of].map(({ name }) => name);
  const number = (value: string) => (/^\d+$/.test(value) ? Number(value) : value);
  return (
    <div class="constructor">
      <fieldset class="panel" disabled={form().locked} data-testid="constructor-form">
        <header>
          <h2>Form</h2>
          <span class="meta">
            {form().locked ? "Locked while the text is no YAML." : "Changes only what you change."}
          </span>
        </header>
        <div class="pad formgrid">
          <Field
            label="Name"
            value={form().form.name}
            onSet={(v) => change(setValue(text(), ["name"], v))}
          />
          <Field
            label="Title"
            value={form().form.title}
            onSet={(v) => change(setValue(text(), ["title"], v))}
          />
        </div>
        <Group
          title="Networks"
          most={LIMITS.networks}
          count={form().form.networks.length}
          add="Add a network"
          onAdd={() =>
            add(["networks"], {
              name: freeName(names("networks"), "net-"),
              subnet: `172.16.${form().form.networks.length}.0/24`,
            })
          }
        >
          <For each={form().form.networks.map((_, at) => at)}>
            {(at) => {
              const one = () => form().form.networks[at];
              return (
                <Show when={one()}>
                  {(network) => (
                    <Item
                      name={`network ${network().name}`}
                      onRemove={() => remove(["networks", at])}
                    >
                      <Field
                        label="Name"
                        value={network().name}
                        onSet={(v) => set(["networks", at, "name"], v)}
                      />
                      <Field
                        label="Subnet"
                        value={network().subnet}
                        onSet={(v) => set(["networks", at, "subnet"], v)}
                      />
                      <Check
                        label="Private: no way out of it"
                        value={network().private}
                        onSet={(v) => set(["networks", at, "private"], v || undefined)}
                      />
                    </Item>
                  )}
                </Show>
              );
            }}
          </For>
        </Group>
        <Group
          title="Machines"
          most={LIMITS.machines}
          count={form().form.machines.length}
          add="Add a machine"
          onAdd={() =>
            add(["machines"], {
              name: freeName(names("machines"), "lab-"),
              users: [{ name: "laborant", default: true }],
              drives: [{ source: "debian-12", mount: "/", size: "2GiB" }],
              network: { interfaces: [{ network: names("networks")[0] ?? "local" }] },
              resources: { cpuCount: 1, ramSize: "512MiB" },
            })
          }
        >
          <For each={form().form.machines.map((_, at) => at)}>
            {(at) => {
              const one = () => form().form.machines[at];
              const root = (key: string, value: unknown) =>
                change(setValue(text(), [...rootDrive(text(), at), key], value));
              return (
                <Show when={one()}>
                  {(machine) => (
                    <Item
                      name={`machine ${machine().name}`}
                      onRemove={() => remove(["machines", at])}
                    >
                      <Field
                        label="Name"
                        value={machine().name}
                        onSet={(v) => set(["machines", at, "name"], v)}
                      />
                      <Field
                        label="Image"
                        value={machine().image}
                        onSet={(v) => root("source", v)}
                      />
                      <Field
                        label="Root drive"
                        value={machine().size}
                        onSet={(v) => root("size", v)}
                      />
                      <Field
                        label="User"
                        value={machine().user}
                        onSet={(v) =>
                          set(
                            ["machines", at, "users"],
                            v ? [{ name: v, default: true }] : undefined,
                          )
                        }
                      />
                      <Field
                        label="CPUs"
                        value={machine().cpuCount}
                        onSet={(v) => set(["machines", at, "resources", "cpuCount"], number(v))}
                      />
                      <Field
                        label="Memory"
                        value={machine().ramSize}
                        onSet={(v) => set(["machines", at, "resources", "ramSize"], v)}
                      />
                      <For each={machine().networks.map((_, nic) => nic)}>
                        {(nic) => {
                          const path = ["machines", at, "network", "interfaces", nic];
                          return (
                            <>
                              <Choice
                                label={`eth${nic}`}
                                value={machine().networks[nic]?.network ?? ""}
                                options={names("networks")}
                                onSet={(v) => set([...path, "network"], v)}
                              />
                              <Field
                                label="Address"
                                value={machine().networks[nic]?.address ?? ""}
                                onSet={(v) => set([...path, "address"], v)}
                              />
                            </>
                          );
                        }}
                      </For>
                      <button
                        type="button"
                        class="btn sm"
                        onClick={() =>
                          add(["machines", at, "network", "interfaces"], {
                            network: names("networks")[0] ?? "local",
                          })
                        }
                      >
                        Add an interface
                      </button>
                      <Check
                        label="No terminal for learners"
                        value={machine().noSSH}
                        onSet={(v) => set(["machines", at, "noSSH"], v || undefined)}
                      />
                    </Item>
                  )}
                </Show>
              );
            }}
          </For>
        </Group>
        <Group
          title="Tabs"
          most={LIMITS.tabs}
          count={form().form.tabs.length}
          add="Add a tab"
          empty="None given: one terminal for each machine."
          onAdd={() => add(["tabs"], { kind: "terminal", machine: names("machines")[0] ?? "" })}
        >
          <For each={form().form.tabs.map((_, at) => at)}>
            {(at) => {
              const one = () => form().form.tabs[at];
              return (
                <Show when={one()}>
                  {(tab) => (
                    <Item name={`tab ${at + 1}`} onRemove={() => remove(["tabs", at])}>
                      <Choice
                        label="Kind"
                        value={tab().kind}
                        options={TABS}
                        onSet={(v) => set(["tabs", at, "kind"], v)}
                      />
                      <Field
                        label="Label"
                        value={tab().name}
                        onSet={(v) => set(["tabs", at, "name"], v)}
                      />
                      <Show when={tab().kind !== "web-page"}>
                        <Choice
                          label="Machine"
                          value={tab().machine}
                          options={names("machines")}
                          onSet={(v) => set(["tabs", at, "machine"], v)}
                        />
                      </Show>
                      <Show when={tab().kind === "http-port"}>
                        <Field
                          label="Port"
                          value={tab().number}
                          onSet={(v) => set(["tabs", at, "number"], number(v))}
                        />
                      </Show>
                    </Item>
                  )}
                </Show>
              );
            }}
          </For>
        </Group>
        <Group
          title="Init tasks"
          most={100}
          count={form().form.initTasks.length}
          add="Add an init task"
          empty="None: machines are ready when they are up."
          onAdd={() =>
            set(
              [
                "initTasks",
                freeName(
                  form().form.initTasks.map(({ name }) => name),
                  "init_",
                ),
              ],
              {
                init: true,
                machine: names("machines")[0] ?? "",
                run: "true",
              },
            )
          }
        >
          <For each={form().form.initTasks.map(({ name }) => name)}>
            {(name) => {
              const one = () => form().form.initTasks.find((task) => task.name === name);
              return (
                <Show when={one()}>
                  {(task) => (
                    <Item name={name} onRemove={() => remove(["initTasks", name])}>
                      <Choice
                        label="Machine"
                        value={task().machine}
                        options={names("machines")}
                        onSet={(v) => set(["initTasks", name, "machine"], v)}
                      />
                      <label class="formfield wide">
                        <span>{name}</span>
                        <textarea
                          class="field mono"
                          rows={Math.min(8, task().run.split("\n").length + 1)}
                          value={task().run}
                          onChange={(event) =>
                            set(["initTasks", name, "run"], event.currentTarget.value)
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
      </fieldset>
      <section class="panel yamlpanel">
        <header>
          <h2>manifest.yaml</h2>
          <span class="meta" role="status">
            {refused() ||
              (problems() === undefined
                ? "Checking."
                : problems()!.length
                  ? `${problems()!.length} to look at`
                  : "Nothing wrong with it.")}
          </span>
          <span class="end">
            <button type="button" class="btn sm" disabled={past().length === 0} onClick={undo}>
              Undo
            </button>
            <button type="button" class="btn sm" onClick={copy}>
              {copied() ? "Copied" : "Copy"}
            </button>
            <button type="button" class="btn sm" onClick={download}>
              Download
            </button>
          </span>
        </header>
        <textarea
          class="field mono yamltext"
          aria-label="manifest.yaml"
          data-testid="manifest"
          spellcheck={false}
          value={text()}
          onInput={(event) => change(event.currentTarget.value)}
        />
        <ProblemList problems={problems() ?? []} />
        <p class="meta pad">
          Put it into <code>playgrounds/{form().form.name || "NAME"}/manifest.yaml</code>, or below{" "}
          <code>playground:</code> of a challenge.
        </p>
      </section>
    </div>
  );
}

function Group(props: {
  title: string;
  count: number;
  most: number;
  add: string;
  empty?: string;
  onAdd: () => void;
  children: JSX.Element;
}) {
  return (
    <section class="formgroup">
      <h3 class="t-head">{props.title}</h3>
      <Show when={props.count === 0 && props.empty}>
        <p class="meta">{props.empty}</p>
      </Show>
      {props.children}
      <button
        type="button"
        class="btn sm"
        disabled={props.count >= props.most}
        title={props.count >= props.most ? `At most ${props.most}` : undefined}
        onClick={() => props.onAdd()}
      >
        {props.add}
      </button>
    </section>
  );
}

function Item(props: { name: string; onRemove: () => void; children: JSX.Element }) {
  return (
    <div class="formitem" role="group" aria-label={props.name}>
      <div class="formgrid">{props.children}</div>
      <button
        type="button"
        class="btn quiet sm"
        aria-label={`Remove ${props.name}`}
        onClick={() => props.onRemove()}
      >
        Remove
      </button>
    </div>
  );
}

/** Committed when it is left or Enter is pressed: half a name is no name. */
function Field(props: { label: string; value: string; onSet: (value: string) => void }) {
  return (
    <label class="formfield">
      <span>{props.label}</span>
      <input
        class="field"
        value={props.value}
        onChange={(event) => props.onSet(event.currentTarget.value.trim())}
      />
    </label>
  );
}

function Choice(props: {
  label: string;
  value: string;
  options: readonly string[];
  onSet: (value: string) => void;
}) {
  return (
    <label class="formfield">
      <span>{props.label}</span>
      <select class="field" onChange={(event) => props.onSet(event.currentTarget.value)}>
        <Show when={!props.options.includes(props.value)}>
          <option selected value={props.value}>
            {props.value || "choose"}
          </option>
        </Show>
        <For each={props.options}>
          {(one) => (
            <option value={one} selected={one === props.value}>
              {one}
            </option>
          )}
        </For>
      </select>
    </label>
  );
}

function Check(props: { label: string; value: boolean; onSet: (value: boolean) => void }) {
  return (
    <label class="formcheck">
      <input
        type="checkbox"
        checked={props.value}
        onChange={(event) => props.onSet(event.currentTarget.checked)}
      />
      {props.label}
    </label>
  );
}
