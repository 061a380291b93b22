import { For, Show, createSignal, type JSX } from "solid-js";
import { Icon } from "~/components/icon";
import type { AskError } from "~/live/ask";
import type { Play } from "~/live/types";
import { Files, type Transfers } from "~/terminal/files";
import { KeyRow } from "~/terminal/key-row";
import type { TerminalKeys } from "~/terminal/terminal";
import { TabList } from "./tab-list";
import { TabPanel } from "./tab-panel";
import type { PlayTab } from "./tabs";

/** One half of the split view, or all of it: its row of tabs with what can be done with the shown one, and what that shows. */
export function Half(props: {
  side: "left" | "right";
  label: string;
  play: Play;
  tabs: PlayTab[];
  shown: PlayTab | undefined;
  opened: string[];
  transfers: Transfers;
  /** There is no terminal yet. */
  preparing: boolean;
  mayAdd: (machine: string) => boolean;
  onAdd: (machine: string) => void;
  onShow: (id: string) => void;
  onReached: () => void;
  onProblem: (problem: AskError) => void;
  /** At the end of the row. */
  end?: JSX.Element;
  /** Before all tabs. */
  children?: JSX.Element;
}) {
  const [files, setFiles] = createSignal(false);
  const keys = new Map<string, TerminalKeys>();
  const terminal = () =>
    !props.preparing && props.shown?.kind === "terminal" ? props.shown : undefined;
  const panel = () => `files-${props.side}`;
  return (
    <div class="half" data-testid={`${props.side}-half`}>
      <div class="tabs">
        <TabList label={props.label} tabs={props.tabs} shown={props.shown} onShow={props.onShow} />
        <div class="end">
          <Show when={terminal()}>
            {(one) => (
              <>
                <button
                  type="button"
                  class="btn quiet sm"
                  aria-expanded={files()}
                  aria-controls={panel()}
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
                  disabled={!props.mayAdd(one().machine)}
                  onClick={() => props.onAdd(one().machine)}
                >
                  <Icon name="plus" />
                </button>
              </>
            )}
          </Show>
          {props.end}
        </div>
      </div>
      <div class="termstage">
        {props.children}
        <div id={panel()}>
          <Show when={files() && terminal()?.machine} keyed>
            {(machine) => <Files machine={machine} transfers={props.transfers} />}
          </Show>
        </div>
        <For each={props.tabs.filter((one) => props.opened.includes(one.id))}>
          {(one) => (
            <TabPanel
              play={props.play}
              tab={one}
              shown={props.shown?.id === one.id}
              onKeys={(sender) => keys.set(one.id, sender)}
              onReached={() => props.onReached()}
              onFiles={(dropped) => {
                props.transfers.put(one.machine, "~", dropped);
                setFiles(true);
              }}
              onProblem={props.onProblem}
            />
          )}
        </For>
        <Show when={terminal()}>
          {(one) => <KeyRow press={(key) => keys.get(one().id)?.press(key)} />}
        </Show>
      </div>
    </div>
  );
}
