import { For, Show, createEffect, createMemo, createSignal } from "solid-js";
import { Icon } from "~/components/icon";
import type { Play } from "~/live/types";
import { KeyRow } from "~/terminal/key-row";
import { Terminal, type TerminalKeys } from "~/terminal/terminal";
import { Preparing } from "./preparing";

const GETTING_READY = ["CREATED", "WARMING_UP", "WARMED_UP", "STARTING"];

/** A tab per machine with a terminal; each opens when it is first looked at and stays. */
export function Terminals(props: { play: Play; full: boolean; onFull: () => void }) {
  const shells = createMemo(
    () =>
      props.play.challenge.machines
        .filter((machine) => !machine.noSSH)
        .map((machine) => machine.name),
    undefined,
    { equals: (a, b) => a.join() === b.join() },
  );
  const user = (machine: string) =>
    props.play.challenge.machines.find((one) => one.name === machine)?.defaultUser ?? "";
  const preparing = () => GETTING_READY.includes(props.play.state);
  const [tab, setTab] = createSignal<string>();
  const shown = () => tab() ?? shells()[0];
  const [opened, setOpened] = createSignal<string[]>([]);
  const keys = new Map<string, TerminalKeys>();
  createEffect(() => {
    const machine = shown();
    if (!preparing() && machine && !opened().includes(machine)) setOpened([...opened(), machine]);
  });
  return (
    <>
      <div class="tabs">
        <div class="tablist" role="tablist" aria-label="Machines">
          <For each={shells()}>
            {(machine) => (
              <button
                type="button"
                role="tab"
                id={`tab-${machine}`}
                aria-controls={`panel-${machine}`}
                tabindex={shown() === machine ? 0 : -1}
                onKeyDown={(event) => {
                  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
                  const next = step && shells()[shells().indexOf(machine) + step];
                  if (!next) return;
                  setTab(next);
                  document.getElementById(`tab-${next}`)?.focus();
                }}
                aria-selected={shown() === machine}
                onClick={() => setTab(machine)}
              >
                <Icon name="terminal" />
                {machine}
              </button>
            )}
          </For>
        </div>
        <div class="end">
          <button
            type="button"
            class="btn quiet icon fullbutton"
            aria-label={props.full ? "Leave full screen" : "Full screen"}
            aria-pressed={props.full}
            title={props.full ? "Leave full screen" : "Full screen"}
            onClick={() => props.onFull()}
          >
            <Icon name="expand" />
          </button>
        </div>
      </div>
      <Show when={!preparing()} fallback={<Preparing play={props.play} />}>
        <For each={opened()}>
          {(machine) => (
            <div
              class="termpanel"
              role="tabpanel"
              id={`panel-${machine}`}
              aria-labelledby={`tab-${machine}`}
              hidden={shown() !== machine}
            >
              <Terminal
                play={props.play.id}
                machine={machine}
                user={user(machine)}
                onKeys={(sender) => keys.set(machine, sender)}
              />
            </div>
          )}
        </For>
        <KeyRow press={(key) => keys.get(shown() ?? "")?.press(key)} />
      </Show>
    </>
  );
}
