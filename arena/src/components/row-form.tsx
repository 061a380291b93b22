import type { JSX } from "solid-js";

/** A form of a few fields in one row, with its button. */
export function RowForm(props: {
  button: string;
  onSubmit: (fields: FormData, form: HTMLFormElement) => void;
  children: JSX.Element;
}) {
  return (
    <form
      class="pad"
      style="display:flex;gap:8px;align-items:end;flex-wrap:wrap"
      onSubmit={(event) => {
        event.preventDefault();
        const form = event.currentTarget;
        props.onSubmit(new FormData(form), form);
      }}
    >
      {props.children}
      <button type="submit" class="btn">
        {props.button}
      </button>
    </form>
  );
}

/** A field of such a form under its label. */
export function RowField(
  props: { label: string } & JSX.InputHTMLAttributes<HTMLInputElement> & { name: string },
) {
  return (
    <label style="display:grid;gap:4px">
      <span class="meta">{props.label}</span>
      <input class="field" required autocomplete="off" {...props} />
    </label>
  );
}
