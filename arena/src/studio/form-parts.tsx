import { For, Show, type JSX } from "solid-js";

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

/** One entry of such a list, with the button that takes it away. */
export function Item(props: { name: string; onRemove: () => void; children: JSX.Element }) {
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
export function Field(props: { label: string; value: string; onSet: (value: string) => void }) {
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
export function Check(props: { label: string; value: boolean; onSet: (value: boolean) => void }) {
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
