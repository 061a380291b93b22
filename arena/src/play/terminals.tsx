import { For, Match, Show, Switch, createEffect, createMemo, createSignal } from "solid-js";
import { Icon } from "~/components/icon";
import type { AskError } from "~/live/ask";
import type { Play } from "~/live/types";
import type { TabTarget } from "~/markdown/scene";
import { Files, createTransfers } from "~/terminal/files";
import { KeyRow } from "~/terminal/key-row";
import { Terminal, type TerminalKeys } from "~/terminal/terminal";
import { openPortAside, PortPanel } from "./port-panel";
import { additional, findTab, NOT_HERE, tabsOf, type PlayTab } from "./tabs";
import { Preparing } from "./preparing";

const GETTING_READY = ["CREATED", "WARMING_UP", "WARMED_UP", "STARTING"];

/** The tabs of a play: terminals and pages; each opens when it is first looked at and stays. */
export function Terminals(props: {
  play: Play;
  full: boolean;
  /** A tab that the text asked for. */
  wanted: TabTarget | undefined;
  onFull: () => void;
  onProblem: (problem: AskError) => void;
}) {
  const [extra, setExtra] = createSignal<PlayTab[]>([]);
  const tabs = createMemo(() => [...tabsOf(props.play.challenge), ...extra()], undefined, {
    equals: (a, b) => JSON.stringify(a) === JSON.stringify(b),
  });
  const user = (machine: string) =>
    props.play.challenge.machines.find((one) => one.name === machine)?.defaultUser ?? "";
  const getsReady = () => GETTING_READY.includes(props.play.state);
  // Nothing is prepared in it but itself: its terminal is asked for before it is there, and shown once it is.
  const early = () =>
    props.play.challenge.machines.length === 1 &&
    props.play.challenge.tasks.every((task) => task.kind !== "init");
  const [reached, setReached] = createSignal(false);
  const preparing = () => getsReady() && !reached();
  const [tab, setTab] = createSignal<string>();
  const shown = () => tabs().find((one) => one.id === tab()) ?? tabs()[0];
  const [opened, setOpened] = createSignal<string[]>([]);
  const [files, setFiles] = createSignal(false);
  const [dropping, setDropping] = createSignal(false);
  const transfers = createTransfers(props.play.id);
  const keys = new Map<string, TerminalKeys>();
  createEffect(() => {
    const id = shown()?.id;
    if ((!preparing() || early()) && id && !opened().includes(id)) setOpened([...opened(), id]);
  });
  const more = (machine: string) => {
    const made = additional(machine, tabs());
    if (!made) return;
    setExtra([...extra(), made]);
    setTab(made.id);
  };
  createEffect(() => {
    const wanted = props.wanted;
    const found = wanted && findTab(wanted, tabs());
    if (found && wanted.fresh && found.kind === "terminal") more(found.machine);
    else if (found) setTab(found.id);
  });
  return (
    <>
      <div class="tabs">
        <div class="tablist" role="tablist" aria-label="Machines">
          <For each={tabs()}>
            {(one, at) => (
              <button
                type="button"
                role="tab"
                id={`tab-${one.id}`}
                aria-controls={`panel-${one.id}`}
                tabindex={shown()?.id === one.id ? 0 : -1}
                onKeyDown={(event) => {
                  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
                  const next = step && tabs()[at() + step];
                  if (!next) return;
                  setTab(next.id);
                  document.getElementById(`tab-${next.id}`)?.focus();
                }}
                aria-selected={shown()?.id === one.id}
                onClick={() => setTab(one.id)}
              >
                <Icon name={one.kind === "terminal" ? "terminal" : "globe"} />
                {one.label}
              </button>
            )}
          </For>
        </div>
        <div class="end">
          <Show when={!preparing() && shown()?.kind === "terminal" && shown()}>
            {(one) => (
              <>
                <button
                  type="button"
                  class="btn quiet sm"
                  aria-expanded={files()}
                  aria-controls="files"
                  data-testid="files-button"
                  onClick={() => setFiles(!files())}
                >
                  Files
                </button>
                <button
                  type="button"
                  class="btn quiet icon"
                  aria-label={`One more terminal on ${one().machine}`}
                  title={`One more terminal on ${one().machine}`}
                  disabled={!additional(one().machine, tabs())}
                  onClick={() => more(one().machine)}
                >
                  <Icon name="plus" />
                </button>
              </>
            )}
          </Show>
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
      <div class="termstage">
        <Show when={preparing()}>
          <Preparing play={props.play} />
        </Show>
        <div id="files">
          <Show
            when={!preparing() && files() && shown()?.kind === "terminal" && shown()!.machine}
            keyed
          >
            {(machine) => <Files machine={machine} transfers={transfers} />}
          </Show>
        </div>
        <For each={tabs().filter((one) => opened().includes(one.id))}>
          {(one) => (
            <div
              class="termpanel"
              role="tabpanel"
              id={`panel-${one.id}`}
              aria-labelledby={`tab-${one.id}`}
              hidden={shown()?.id !== one.id}
              classList={{ drop: dropping() }}
              onDragOver={(event) => {
                if (one.kind !== "terminal" || !event.dataTransfer?.types.includes("Files")) return;
                event.preventDefault();
                setDropping(true);
              }}
              onDragLeave={() => setDropping(false)}
              onDrop={(event) => {
                if (one.kind !== "terminal") return;
                event.preventDefault();
                setDropping(false);
                transfers.put(one.machine, "~", [...(event.dataTransfer?.files ?? [])]);
                setFiles(true);
              }}
            >
              <Switch>
                <Match when={one.kind === "terminal"}>
                  <Terminal
                    play={props.play.id}
                    machine={one.machine}
                    nth={one.nth}
                    user={user(one.machine)}
                    onKeys={(sender) => keys.set(one.id, sender)}
                    onReached={() => setReached(true)}
                  />
                </Match>
                <Match when={NOT_HERE[one.kind]}>
                  {(known) => (
                    <div class="empty">
                      <h2 class="t-head">{known().why}</h2>
                      <p>{known().instead}</p>
                    </div>
                  )}
                </Match>
                <Match when={one.kind === "http-port" && one.target === "window"}>
                  <div class="empty">
                    <p style="margin-bottom:16px">{one.label} opens in a tab of the browser.</p>
                    <button
                      type="button"
                      class="btn"
                      onClick={() => openPortAside(props.play.id, { tab: one.id }, props.onProblem)}
                    >
                      Open {one.label}
                    </button>
                  </div>
                </Match>
                <Match when={one.kind === "http-port"}>
                  <PortPanel play={props.play.id} tab={one.id} label={one.label} />
                </Match>
                <Match when={one.target === "window"}>
                  <div class="empty">
                    <p style="margin-bottom:16px">{one.label} opens in a tab of the browser.</p>
                    <a class="btn" href={one.url} target="_blank" rel="noopener noreferrer">
                      Open {one.label}
                    </a>
                  </div>
                </Match>
                <Match when={one.kind === "web-page"}>
                  <iframe
                    class="webpage"
                    title={one.label}
                    src={one.url}
                    sandbox="allow-scripts allow-forms allow-popups"
                    referrerpolicy="no-referrer"
                  />
                </Match>
              </Switch>
            </div>
          )}
        </For>
        <Show when={!preparing() && shown()?.kind === "terminal"}>
          <KeyRow press={(key) => keys.get(shown()?.id ?? "")?.press(key)} />
        </Show>
      </div>
    </>
  );
}
