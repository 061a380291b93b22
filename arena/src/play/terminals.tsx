import { Show, createEffect, createMemo, createSignal } from "solid-js";
import { Icon } from "~/components/icon";
import type { AskError } from "~/live/ask";
import { fits } from "~/live/media";
import type { Play } from "~/live/types";
import type { TabTarget } from "~/markdown/scene";
import { createTransfers } from "~/terminal/files";
import { Half } from "./half";
import { neverReady } from "./never-ready";
import { Preparing } from "./preparing";
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
  // After a failed preparation its machines are shown as they are.
  const getsReady = () => GETTING_READY.includes(props.play.state) && !neverReady(props.play);
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
  const transfers = createTransfers(props.play.id);
  createEffect(() => {
    if (preparing() && !early()) return;
    const fresh = [shown()?.id, shownBeside()?.id].filter(
      (id): id is string => id !== undefined && !opened().includes(id),
    );
    if (fresh.length) setOpened([...opened(), ...fresh]);
  });
  const show = (id: string) =>
    both().right.some((one) => one.id === id) ? setBeside(id) : setTab(id);
  const add = (machine: string, pane: string) => {
    const made = additional(machine, tabs(), pane);
    if (!made) return;
    setExtra([...extra(), made]);
    show(made.id);
  };
  createEffect(() => {
    const wanted = props.wanted;
    const found = wanted && findTab(wanted, tabs());
    if (found && wanted.fresh && found.kind === "terminal") add(found.machine, found.pane);
    else if (found) show(found.id);
  });
  const common = {
    get play() {
      return props.play;
    },
    get opened() {
      return opened();
    },
    get preparing() {
      return preparing();
    },
    transfers,
    mayAdd: (machine: string) => additional(machine, tabs(), "left") !== undefined,
    onShow: show,
    onReached: () => setReached(true),
    onProblem: (problem: AskError) => props.onProblem(problem),
  };
  return (
    <div class="halfroom">
      <div class="halves" classList={{ both: both().right.length > 0 }}>
        <Half
          {...common}
          side="left"
          label="Machines"
          tabs={both().left}
          shown={shown()}
          onAdd={(machine) => add(machine, "left")}
          end={
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
          }
        >
          <Show when={preparing()}>
            <Preparing play={props.play} />
          </Show>
        </Half>
        <Show when={both().right.length}>
          <Half
            {...common}
            side="right"
            label="Beside"
            tabs={both().right}
            shown={shownBeside()}
            onAdd={(machine) => add(machine, "right")}
          />
        </Show>
      </div>
    </div>
  );
}
