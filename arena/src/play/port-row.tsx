import { Show, createSignal, onCleanup } from "solid-js";
import { ConfirmButton } from "~/components/confirm";
import { Icon } from "~/components/icon";

/** A port of a machine that browsers may open. */
export interface OpenPort {
  id: string;
  machine: string;
  port: number;
  https: boolean;
  public: boolean;
  url: string;
}

/** Milliseconds for which “Copied” stands. */
const SAID = 1_600;

/** One open port: its address to copy, and what can be done with it; or, once closed, the way back. */
export function PortRow(props: {
  port: OpenPort;
  gone: boolean;
  running: boolean;
  onOpen: () => void;
  onClose: () => void;
  onAgain: () => void;
}) {
  const name = () => `${props.port.machine}:${props.port.port}`;
  const [copied, setCopied] = createSignal("");
  let timer: ReturnType<typeof setTimeout> | undefined;
  onCleanup(() => clearTimeout(timer));
  const copy = () => {
    clearTimeout(timer);
    const said = (words: string) => {
      setCopied(words);
      timer = setTimeout(() => setCopied(""), SAID);
    };
    // Only pages of secure origins may write there.
    if (!navigator.clipboard) return said("Select it to copy");
    navigator.clipboard.writeText(props.port.url).then(
      () => said("Copied"),
      () => said("Select it to copy"),
    );
  };
  return (
    <li data-port={props.port.id} data-testid="port-row">
      <Show
        when={!props.gone}
        fallback={
          <div class="portwhat" role="status">
            <span class="dim">
              Closed <b class="mono">{name()}</b>. Opened again it has a new address.
            </span>
            <button
              type="button"
              class="btn sm"
              disabled={!props.running}
              onClick={() => props.onAgain()}
            >
              Open again
            </button>
          </div>
        }
      >
        <div class="portwhat">
          <b class="mono">{name()}</b>
          <Show when={props.port.https}>
            <span class="tag">HTTPS inside</span>
          </Show>
          <span class="tag">
            {props.port.public ? "Everybody with the address" : "This browser only"}
          </span>
        </div>
        <code class="portaddress" tabindex="0" aria-label={`Address of ${name()}`}>
          {props.port.url}
        </code>
        <div class="portacts">
          <button
            type="button"
            class="btn sm"
            disabled={!props.running}
            title={props.running ? "In a tab of the browser" : "The play does not run"}
            aria-label={`Open ${name()}`}
            onClick={() => props.onOpen()}
          >
            Open
          </button>
          <button
            type="button"
            class="btn quiet sm"
            aria-label={`Copy the address of ${name()}`}
            onClick={copy}
          >
            <Icon name="copy" />
            Copy
          </button>
          <Show
            when={props.port.public}
            fallback={
              <button
                type="button"
                class="btn quiet sm"
                aria-label={`Close ${name()}`}
                onClick={() => props.onClose()}
              >
                Close
              </button>
            }
          >
            <ConfirmButton
              label={<span aria-label={`Close ${name()}`}>Close</span>}
              title={`Close ${name()}?`}
              text="Its address refuses from then on and does not come back: everybody who has it needs a new one."
              act="Close port"
              keep="Keep it open"
              danger
              onConfirm={() => props.onClose()}
            />
          </Show>
          <span class="meta" role="status">
            {copied()}
          </span>
        </div>
      </Show>
    </li>
  );
}
