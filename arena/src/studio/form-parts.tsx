import { For, Show, createUniqueId, type JSX } from "solid-js";

/** A list of the form with the button that makes it longer. */
export function Group(props: {
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
      <AddButton label={props.add} count={props.count} most={props.most} onAdd={props.onAdd} />
    </section>
  );
}

/** Makes a list longer, up to where the format ends it. */
export function AddButton(props: {
  label: string;
  count: number;
  most: number;
  onAdd: () => void;
}) {
  return (
    <button
      type="button"
      class="btn sm"
      disabled={props.count >= props.most}
      title={props.count >= props.most ? `At most ${props.most}` : undefined}
      onClick={() => props.onAdd()}
    >
      {props.label}
    </button>
  );
}

/** One entry of such a list, with what takes it away. */
export function Item(props: {
  name: string;
  /** Keys that the form does not show. */
  rest: string[];
  remove: JSX.Element;
  children: JSX.Element;
}) {
  return (
    <div class="formitem" role="group" aria-label={props.name}>
      <div class="formgrid">
        {props.children}
        <Rest keys={props.rest} />
      </div>
      {props.remove}
    </div>
  );
}

/** Takes an entry away at once: nothing names it, and one step back brings it again. */
export function RemoveButton(props: { name: string; onRemove: () => void }) {
  return (
    <button
      type="button"
      class="btn quiet sm"
      aria-label={`Remove ${props.name}`}
      onClick={() => props.onRemove()}
    >
      Remove
    </button>
  );
}

/** What stands in the text and not in the form. */
export function Rest(props: { keys: string[] }) {
  return (
    <Show when={props.keys.length}>
      <p class="meta formrest">Only in the YAML, kept as it is: {props.keys.join(", ")}.</p>
    </Show>
  );
}

/** A part of an entry with a heading of its own. */
export function Part(props: { title: string; children: JSX.Element }) {
  const id = createUniqueId();
  return (
    <div class="formpart" role="group" aria-labelledby={id}>
      <h4 class="meta" id={id}>
        {props.title}
      </h4>
      {props.children}
    </div>
  );
}

/** Fields that are seldom needed; they are open where one of them says something. */
export function More(props: { used: boolean; children: JSX.Element }) {
  const open = props.used;
  return (
    <details class="formmore" open={open}>
      <summary>More</summary>
      <div class="formrow">{props.children}</div>
    </details>
  );
}

/** Committed when it is left or Enter is pressed: half a name is no name. What is refused goes back. */
export function Field(props: {
  label: string;
  value: string;
  placeholder?: string;
  wide?: boolean;
  onSet: (value: string) => void;
}) {
  return (
    <label class="formfield" classList={{ wide: props.wide }}>
      <span>{props.label}</span>
      <input
        class="field"
        value={props.value}
        placeholder={props.placeholder}
        onChange={(event) => {
          props.onSet(event.currentTarget.value.trim());
          event.currentTarget.value = props.value;
        }}
      />
    </label>
  );
}

/** A text of several lines, such as a script. */
export function Lines(props: {
  label: string;
  value: string;
  placeholder?: string;
  /** Words for people instead of a script. */
  prose?: boolean;
  onSet: (value: string) => void;
}) {
  return (
    <label class="formfield wide">
      <span>{props.label}</span>
      <textarea
        class="field"
        classList={{ mono: !props.prose }}
        rows={Math.min(8, Math.max(1, props.value.trimEnd().split("\n").length))}
        value={props.value}
        placeholder={props.placeholder}
        spellcheck={props.prose ?? false}
        onChange={(event) => {
          const lines = event.currentTarget.value.trimEnd();
          // A script of several lines ends its last one, as YAML's | writes it.
          props.onSet(lines.includes("\n") ? `${lines}\n` : lines.trim());
          event.currentTarget.value = props.value;
        }}
      />
    </label>
  );
}

/** One of some names; a value that is none of them stays, and is shown. */
export function Choice(props: {
  label: string;
  value: string;
  options: readonly string[];
  /** What an option is called, where that is not its value. */
  words?: Record<string, string>;
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
              {props.words?.[one] ?? one}
            </option>
          )}
        </For>
      </select>
    </label>
  );
}

/** Yes or no. */
export function Check(props: {
  label: string;
  value: boolean;
  /** Why it can't be chosen. */
  refused?: string;
  onSet: (value: boolean) => void;
}) {
  return (
    <label class="formcheck" title={props.refused}>
      <input
        type="checkbox"
        checked={props.value}
        disabled={Boolean(props.refused)}
        onChange={(event) => props.onSet(event.currentTarget.checked)}
      />
      {props.label}
    </label>
  );
}

/** Digits are a number; everything else stays what was typed, and lint tells what is wrong with it. */
export const number = (value: string): string | number =>
  /^\d+$/.test(value) ? Number(value) : value;
