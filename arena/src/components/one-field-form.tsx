import type { JSX } from "solid-js";
import { RowField, RowForm } from "./row-form";

/** A form of one field and a button below a table. `onSend` gets the text; true empties the field. */
export function OneFieldForm(props: {
  label: string;
  button: string;
  field: JSX.InputHTMLAttributes<HTMLInputElement>;
  onSend: (text: string) => Promise<boolean>;
}) {
  return (
    <RowForm
      button={props.button}
      onSubmit={(fields, form) =>
        void props.onSend(String(fields.get("text"))).then((done) => done && form.reset())
      }
    >
      {/* The field is not called "host": Solid's event capture reads that property of every element. */}
      <RowField label={props.label} {...props.field} name="text" />
    </RowForm>
  );
}
