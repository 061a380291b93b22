import type { JSX } from "solid-js";

/** A form of one field and a button below a table. `onSend` gets the text; true empties the field. */
export function OneFieldForm(props: {
  label: string;
  button: string;
  field: JSX.InputHTMLAttributes<HTMLInputElement>;
  onSend: (text: string) => Promise<boolean>;
}) {
  const send = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    // The field is not called "host": Solid's event capture reads that property of every element.
    if (await props.onSend(String(new FormData(form).get("text")))) form.reset();
  };
  return (
    <form
      class="pad"
      style="display:flex;gap:8px;align-items:end;flex-wrap:wrap"
      onSubmit={(event) => void send(event)}
    >
      <label style="display:grid;gap:4px">
        <span class="meta">{props.label}</span>
        <input class="field" name="text" required autocomplete="off" {...props.field} />
      </label>
      <button type="submit" class="btn">
        {props.button}
      </button>
    </form>
  );
}
