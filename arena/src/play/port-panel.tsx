import { Match, Switch, createResource, createSignal } from "solid-js";
import { ask, type AskError } from "~/live/ask";

/** A fresh address of a port of a play's machine: it lets this browser in once, and then a cookie does. */
export async function openPort(
  play: string,
  asked: {
    /** One that is open. */
    id?: string;
    tab?: string;
    machine?: string;
    port?: number;
    https?: boolean;
    public?: boolean;
  },
): Promise<string> {
  const { openPort: url } = await ask<{ openPort: string }>(
    "mutation($p: ID!, $i: ID, $t: ID, $m: String, $n: Int, $h: Boolean, $o: Boolean) { openPort(play: $p, id: $i, tab: $t, machine: $m, port: $n, https: $h, public: $o) }",
    {
      p: play,
      i: asked.id ?? null,
      t: asked.tab ?? null,
      m: asked.machine ?? null,
      n: asked.port ?? null,
      h: asked.https ?? false,
      o: asked.public ?? false,
    },
  );
  return url;
}

/**
 * Opens a port in a tab of the browser. The tab is there before its address is: a browser blocks one that
 * opens later than the click.
 */
export function openPortAside(
  play: string,
  asked: Parameters<typeof openPort>[1],
  failed: (problem: AskError) => void,
): void {
  const page = window.open("", "_blank");
  openPort(play, asked).then(
    (url) => {
      if (!page) return void window.location.assign(url);
      page.opener = null;
      page.location.replace(url);
    },
    (problem: AskError) => {
      page?.close();
      failed(problem);
    },
  );
}

/** A service of a machine, in the pane. It is a page of another origin, so it may do what pages may. */
export function PortPanel(props: { play: string; tab: string; label: string }) {
  const [round, setRound] = createSignal(1);
  const [error, setError] = createSignal("");
  const [url] = createResource(round, () => openPort(props.play, { tab: props.tab }));
  return (
    <Switch fallback={<div class="loading" role="status" aria-label={`Opening ${props.label}`} />}>
      <Match when={url.error as AskError | undefined}>
        {(problem) => (
          <div class="empty" role="alert">
            <h2 class="t-head">{props.label} can’t be opened</h2>
            <p>
              {problem().message} {problem().help}
            </p>
            <button type="button" class="btn" onClick={() => setRound(round() + 1)}>
              Try again
            </button>
          </div>
        )}
      </Match>
      <Match when={!url.error && url.latest}>
        {(address) => (
          <>
            <div class="portbar">
              <button type="button" class="btn quiet sm" onClick={() => setRound(round() + 1)}>
                Reload
              </button>
              <button
                type="button"
                class="btn quiet sm"
                onClick={() =>
                  openPortAside(props.play, { tab: props.tab }, ({ message }) => setError(message))
                }
              >
                Open in a tab of the browser
              </button>
              <span class="meta" role="status">
                {error()}
              </span>
            </div>
            <iframe
              class="webpage"
              title={props.label}
              src={address()}
              sandbox="allow-scripts allow-same-origin allow-forms allow-popups allow-downloads allow-modals"
              referrerpolicy="no-referrer"
            />
          </>
        )}
      </Match>
    </Switch>
  );
}
