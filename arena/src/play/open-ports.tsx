import { For, Match, Show, Switch, createSignal } from "solid-js";
import { Icon } from "~/components/icon";
import { ask, type AskError } from "~/live/ask";
import type { Play } from "~/live/types";
import { OpenPortForm } from "./open-port-form";
import { openPort, openPortAside } from "./port-panel";
import { PortRow, type OpenPort } from "./port-row";

const FIELDS = "id machine port https public url";

/** What is open of a play's machines to browsers: seen, opened and closed one by one. */
export function OpenPorts(props: { play: Play }) {
  let dialog!: HTMLDialogElement;
  // No resource: while one loads, the page around it is taken out of the document, and this dialog with it.
  const [known, setKnown] = createSignal<OpenPort[]>();
  const [unknown, setUnknown] = createSignal<AskError>();
  /** Asks anew: texts and tabs open ports, too. */
  const look = () =>
    ask<{ playPorts: OpenPort[] }>(`query($p: ID!) { playPorts(play: $p) { ${FIELDS} } }`, {
      p: props.play.id,
    }).then(
      ({ playPorts }) => {
        setKnown(playPorts);
        setUnknown(undefined);
      },
      (error: AskError) => void setUnknown(error),
    );
  const [problem, setProblem] = createSignal("");
  /** Closed while the list was in view, with the place at which each stood: they can be opened again. */
  const [closed, setClosed] = createSignal<{ port: OpenPort; at: number }[]>([]);
  const running = () => props.play.state === "RUNNING";
  const rows = () => {
    const all = (known() ?? []).map((port) => ({ port, gone: false }));
    for (const { port, at } of closed()) all.splice(at, 0, { port, gone: true });
    return all;
  };
  const focusOn = (id: string) =>
    queueMicrotask(() => dialog.querySelector<HTMLElement>(`[data-port="${id}"] button`)?.focus());
  /** Runs an act and tells what went wrong. @returns whether it was done. */
  const attempt = async (act: () => Promise<void>): Promise<boolean> => {
    setProblem("");
    try {
      await act();
      return true;
    } catch (error) {
      const { message, help } = error as AskError;
      setProblem(`${message.replace(/\.$/, "")}. ${help ?? ""}`.trim());
      return false;
    }
  };
  const close = (port: OpenPort) =>
    attempt(async () => {
      await ask("mutation($p: ID!, $i: ID!) { closePort(play: $p, id: $i) }", {
        p: props.play.id,
        i: port.id,
      });
      const at = rows().findIndex((row) => row.port.id === port.id);
      await look();
      setClosed([...closed(), { port, at }]);
      focusOn(port.id);
    });
  const open = (wish: Parameters<typeof openPort>[1]) =>
    attempt(async () => {
      await openPort(props.play.id, wish);
      await look();
    });
  const again = async ({ id, machine, port, https, public: everybody }: OpenPort) => {
    const before = known()?.map((one) => one.id);
    if (!(await open({ machine, port, https, public: everybody }))) return;
    setClosed(closed().filter((one) => one.port.id !== id));
    const fresh = known()?.find((one) => !before?.includes(one.id));
    if (fresh) focusOn(fresh.id);
  };
  return (
    <>
      <button
        type="button"
        class="btn quiet sm"
        data-testid="ports-button"
        onClick={() => {
          setProblem("");
          setClosed([]);
          void look();
          dialog.showModal();
        }}
      >
        <Icon name="globe" />
        Ports
      </button>
      <dialog class="ask ports" ref={dialog} aria-label="Ports of the machines">
        <h2 class="t-head">Ports of the machines</h2>
        <p class="dim" style="margin-top:8px">
          A service of a machine, as a page in your browser. It has to listen on an address of the
          network: one on 127.0.0.1 is not reached.
        </p>
        <Switch>
          <Match when={unknown()}>
            {(error) => (
              <div class="portsempty" role="alert">
                <p>
                  {error().message} {error().help}
                </p>
                <button type="button" class="btn sm" onClick={() => void look()}>
                  Try again
                </button>
              </div>
            )}
          </Match>
          <Match when={known() === undefined}>
            <div class="loading portsempty" role="status" aria-label="Looking for open ports" />
          </Match>
          <Match when={rows().length === 0}>
            <p class="portsempty dim">No port is open.</p>
          </Match>
          <Match when={true}>
            <ul class="portlist" aria-label="Open ports">
              <For each={rows()}>
                {({ port, gone }) => (
                  <PortRow
                    port={port}
                    gone={gone}
                    running={running()}
                    onOpen={() =>
                      openPortAside(
                        props.play.id,
                        { id: port.id },
                        (error) => void attempt(() => Promise.reject(error)),
                      )
                    }
                    onClose={() => void close(port)}
                    onAgain={() => void again(port)}
                  />
                )}
              </For>
            </ul>
          </Match>
        </Switch>
        <p class="problem" role="status">
          {problem()}
        </p>
        <Show
          when={running()}
          fallback={<p class="dim">Ports can be opened while the play runs.</p>}
        >
          <OpenPortForm
            machines={props.play.challenge.machines
              .filter(({ noSSH }) => !noSSH)
              .map(({ name }) => name)}
            onOpen={open}
          />
        </Show>
        <div class="end">
          <button type="button" class="btn" onClick={() => dialog.close()}>
            Done
          </button>
        </div>
      </dialog>
    </>
  );
}
