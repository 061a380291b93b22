import { For, Show } from "solid-js";
import type { openPort } from "./port-panel";

/** Asks which port of which machine is to be opened, and to whom. */
export function OpenPortForm(props: {
  machines: string[];
  /** @returns whether it is open. */
  onOpen: (wish: Parameters<typeof openPort>[1]) => Promise<boolean>;
}) {
  return (
    <form
      class="portform"
      aria-label="Open a port"
      onSubmit={(event) => {
        event.preventDefault();
        const form = event.currentTarget;
        const given = new FormData(form);
        void props
          .onOpen({
            machine: String(given.get("machine") ?? props.machines[0] ?? ""),
            port: Number(given.get("port")),
            https: given.has("https"),
            public: given.has("public"),
          })
          .then((open) => open && form.reset());
      }}
    >
      <div class="portfields">
        <Show when={props.machines.length > 1}>
          <label>
            <span class="meta">Machine</span>
            <select class="field" name="machine">
              <For each={props.machines}>{(name) => <option>{name}</option>}</For>
            </select>
          </label>
        </Show>
        <label>
          <span class="meta">Port</span>
          <input
            class="field"
            name="port"
            type="number"
            min="1"
            max="65535"
            required
            placeholder="8080"
            autocomplete="off"
          />
        </label>
        <button type="submit" class="btn">
          Open port
        </button>
      </div>
      <label class="portcheck">
        <input type="checkbox" name="https" />
        The service speaks HTTPS
      </label>
      <label class="portcheck">
        <input type="checkbox" name="public" />
        Everybody who knows the address may see it
      </label>
    </form>
  );
}
