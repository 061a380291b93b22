import { For, createSignal } from "solid-js";

/** What a key of the row sends. */
const BYTES: Record<string, string> = {
  esc: "\u001b",
  tab: "\t",
  "↑": "\u001b[A",
  "↓": "\u001b[B",
  "|": "|",
  "/": "/",
};
const KEYS = ["esc", "tab", "ctrl", "↑", "↓", "|", "/"];
/** Names of those that are no words. */
const NAMES: Record<string, string> = {
  "↑": "Arrow up",
  "↓": "Arrow down",
  "|": "Pipe",
  "/": "Slash",
};

/** A key of the row: text to send, or Ctrl to hold for the next character. */
export type RowKey = { text: string } | { ctrl: boolean; released: () => void };

/** Keys that a phone's keyboard lacks; Ctrl stays down until the next character. */
export function KeyRow(props: { press: (key: RowKey) => void }) {
  const [ctrl, setCtrl] = createSignal(false);
  return (
    <div class="keys" role="group" aria-label="Keys">
      <For each={KEYS}>
        {(key) => (
          <button
            type="button"
            class="btn"
            aria-label={NAMES[key]}
            aria-pressed={key === "ctrl" ? ctrl() : undefined}
            // The phone's keyboard stays up: the terminal keeps the focus.
            onPointerDown={(event) => event.preventDefault()}
            onClick={() => {
              if (key === "ctrl") {
                setCtrl(!ctrl());
                props.press({ ctrl: ctrl(), released: () => setCtrl(false) });
              } else props.press({ text: BYTES[key]! });
            }}
          >
            {key}
          </button>
        )}
      </For>
    </div>
  );
}
