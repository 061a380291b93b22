import { For } from "solid-js";
import { Icon } from "~/components/icon";
import type { Part } from "./types";

/** Which machines a playground has, and who one is in them. */
export function MachineList(props: { machines: Part["machines"] }) {
  return (
    <ul class="feed">
      <For each={props.machines}>
        {(machine) => (
          <li>
            <Icon name="server" />
            <p>
              <b>{machine.name}</b> {machine.noSSH ? "no terminal" : `user ${machine.defaultUser}`}
            </p>
          </li>
        )}
      </For>
    </ul>
  );
}
