import { For, Show, createEffect, createMemo, createSignal } from "solid-js";
import { Icon } from "~/components/icon";
import type { AskError } from "~/live/ask";
import { fits } from "~/live/media";
import type { Play } from "~/live/types";
import type { TabTarget } from "~/markdown/scene";
import { Files, createTransfers } from "~/terminal/files";
import { KeyRow } from "~/terminal/key-row";
import type { TerminalKeys } from "~/terminal/terminal";
import { Preparing } from "./preparing";
import { TabList } from "./tab-list";
import { TabPanel } from "./tab-panel";
import { additional, findTab, halves, tabsOf, type PlayTab } from "./tabs";

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
  const roomy = fits("(min-width: 761px)");
  const both = createMemo(() => halves(tabs(), roomy()));
  const getsReady = () => GETTING_READY.includes(props.play.state);
  // Nothing is prepared in it but itself: its terminal is asked for before it is there, and shown once it is.
  const early = () =>
    props.play.challenge.machines.length === 1 &&
    props.play.challenge.tasks.every((task) => task.kind !== "init");
  const [reached, setReached] = createSignal(false);
  const preparing = () => getsReady() && !reached();
  const [tab, setTab] = createSignal<string>();
  const [beside, setBeside] = createSignal<string>();
  const shown = () => both().left.find((one) => one.id === tab()) ?? both().left[0];
  const shownBeside = () => both().right.find((one) => one.id === beside()) ?? both().right[0];
  const [opened, setOpened] = createSignal<string[]>([]);
  const [files, setFiles] = createSignal(false);
  const transfers = createTransfers(props.play.id);
  const keys = new Map<string, TerminalKeys>();
  createEffect(() => {
    if (preparing() && !early()) return;
    const fresh = [shown()?.id, shownBeside()?.id].filter(
      (id): id is string => id !== undefined && !opened().includes(id),
    );
    if (fresh.length) setOpened([...opened(), ...fresh]);
  });
  const show = (id: string) =>
    both().right.some((one) => one.id === id) ? setBeside(id) : setTab(id);
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
    else if (found) show(found.id);
  });
  const panels = (half: () => PlayTab[], at: () => PlayTab | undefined) => (
    <For each={half().filter((one) => opened().includes(one.id))}>
      {(one) => (
        <TabPanel
          play={props.play}
          tab={one}
          shown={at()?.id === one.id}
          onKeys={(sender) => keys.set(one.id, sender)}
          onReached={() => setReached(true)}
          onFiles={(dropped) => {
            transfers.put(one.machine, "~", dropped);
            setFiles(true);
          }}
          onProblem={props.onProblem}
        />
      )}
    </For>
  );
  return (
    <div class="halfroom">
      <div class="halves" classList={{ both: both().right.length > 0 }}>
        <div class="half">
          <div class="tabs">
            <TabList label="Machines" tabs={both().left} shown={shown()} onShow={show} />
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
            {panels(() => both().left, shown)}
            <Show when={!preparing() && shown()?.kind === "terminal"}>
              <KeyRow press={(key) => keys.get(shown()?.id ?? "")?.press(key)} />
            </Show>
          </div>
        </div>
        <Show when={both().right.length}>
          <div class="half" data-testid="right-half">
            <div class="tabs">
              <TabList label="Beside" tabs={both().right} shown={shownBeside()} onShow={show} />
            </div>
            <div class="termstage">{panels(() => both().right, shownBeside)}</div>
          </div>
        </Show>
      </div>
    </div>
  );
}
