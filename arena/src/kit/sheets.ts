import code from "~/markdown/golden/code.md?raw";
import components from "~/markdown/golden/components.md?raw";
import nested from "~/markdown/golden/nested.md?raw";
import tasks from "~/markdown/golden/tasks.md?raw";
import text from "~/markdown/golden/text.md?raw";
import { specimens, type Specimen } from "./specimens";

export interface Sheet {
  id: string;
  title: string;
  specimens: Specimen[];
  /** Drawn as on a page: no play runs, and its reader is no author. */
  still?: boolean;
}

/** The texts of the golden tests: what is drawn here is what they compare. */
const drawn: Sheet[] = [
  { id: "text", title: "Text", specimens: specimens(text) },
  { id: "code", title: "Code", specimens: specimens(code) },
  { id: "tasks", title: "Tasks in every state", specimens: specimens(tasks) },
  { id: "components", title: "Components", specimens: specimens(components) },
  { id: "nested", title: "Components in components", specimens: specimens(nested) },
];

/** What looks different where no play runs. */
const STILL = [
  "task-simple-running",
  "task-input-running",
  "var-text-known-and-unknown",
  "code-var-known-by-default-and-by-name",
  "tab-link-in-words-and-by-machine",
  "http-port-in-words-and-by-number",
  "image-box-no-such-file",
  "card-challenge",
  "conditional-its-value-s-slot",
];

/** All of the kit. */
export const sheets: Sheet[] = [
  ...drawn,
  {
    id: "still",
    title: "Without a play",
    still: true,
    specimens: STILL.map((id) => {
      const one = drawn.flatMap((sheet) => sheet.specimens).find((known) => known.id === id);
      if (!one) throw new Error(`There is no specimen ${id}`);
      return { ...one, id: `still-${id}` };
    }),
  },
];
