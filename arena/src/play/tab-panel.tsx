import { Match, Switch, createSignal } from "solid-js";
import type { AskError } from "~/live/ask";
import type { Play } from "~/live/types";
import { Terminal, type TerminalKeys } from "~/terminal/terminal";
import { openPortAside, PortPanel } from "./port-panel";
import { NOT_HERE, type PlayTab } from "./tabs";

/** What a tab shows: a terminal, a page of a machine, another page, or why there is nothing. */
export function TabPanel(props: {
  play: Play;
  tab: PlayTab;
  shown: boolean;
  onKeys: (keys: TerminalKeys) => void;
  onReached: () => void;
  onFiles: (files: File[]) => void;
  onProblem: (problem: AskError) => void;
}) {
  const [dropping, setDropping] = createSignal(false);
  const user = () =>
    props.play.challenge.machines.find((one) => one.name === props.tab.machine)?.defaultUser ?? "";
  return (
    <div
      class="termpanel"
      role="tabpanel"
      id={`panel-${props.tab.id}`}
      aria-labelledby={`tab-${props.tab.id}`}
      hidden={!props.shown}
      classList={{ drop: dropping() }}
      onDragOver={(event) => {
        if (props.tab.kind !== "terminal" || !event.dataTransfer?.types.includes("Files")) return;
        event.preventDefault();
        setDropping(true);
      }}
      onDragLeave={() => setDropping(false)}
      onDrop={(event) => {
        if (props.tab.kind !== "terminal") return;
        event.preventDefault();
        setDropping(false);
        props.onFiles([...(event.dataTransfer?.files ?? [])]);
      }}
    >
      <Switch>
        <Match when={props.tab.kind === "terminal"}>
          <Terminal
            play={props.play.id}
            machine={props.tab.machine}
            nth={props.tab.nth}
            user={user()}
            onKeys={(sender) => props.onKeys(sender)}
            onReached={() => props.onReached()}
          />
        </Match>
        <Match when={NOT_HERE[props.tab.kind]}>
          {(known) => (
            <div class="empty">
              <h2 class="t-head">{known().why}</h2>
              <p>{known().instead}</p>
            </div>
          )}
        </Match>
        <Match when={props.tab.kind === "http-port" && props.tab.target === "window"}>
          <div class="empty">
            <p style="margin-bottom:16px">{props.tab.label} opens in a tab of the browser.</p>
            <button
              type="button"
              class="btn"
              onClick={() => openPortAside(props.play.id, { tab: props.tab.id }, props.onProblem)}
            >
              Open {props.tab.label}
            </button>
          </div>
        </Match>
        <Match when={props.tab.kind === "http-port"}>
          <PortPanel play={props.play.id} tab={props.tab.id} label={props.tab.label} />
        </Match>
        <Match when={props.tab.target === "window"}>
          <div class="empty">
            <p style="margin-bottom:16px">{props.tab.label} opens in a tab of the browser.</p>
            <a class="btn" href={props.tab.url} target="_blank" rel="noopener noreferrer">
              Open {props.tab.label}
            </a>
          </div>
        </Match>
        <Match when={props.tab.kind === "web-page"}>
          <iframe
            class="webpage"
            title={props.tab.label}
            src={props.tab.url}
            sandbox="allow-scripts allow-forms allow-popups"
            referrerpolicy="no-referrer"
          />
        </Match>
      </Switch>
    </div>
  );
}
