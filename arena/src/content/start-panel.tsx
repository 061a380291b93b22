import { A, useLocation, useNavigate } from "@solidjs/router";
import { For, Show, createSignal } from "solid-js";
import { Icon } from "~/components/icon";
import { ask, type AskError } from "~/live/ask";
import { useMe } from "~/live/me";
import type { Part } from "./types";

/** The machines of a text, and the way into them. */
export function StartPanel(props: {
  of: Pick<Part, "machines" | "playKey" | "startable" | "activePlay" | "tasks">;
  unavailable?: string | null;
}) {
  const { me } = useMe();
  const navigate = useNavigate();
  const location = useLocation();
  const [error, setError] = createSignal("");
  const [starting, setStarting] = createSignal(false);
  const start = async () => {
    if (!me()) {
      navigate(`/sign-in?then=${encodeURIComponent(location.pathname)}`);
      return;
    }
    setStarting(true);
    setError("");
    try {
      const { startPlay } = await ask<{ startPlay: { id: string } }>(
        "mutation($c: String!) { startPlay(challenge: $c) { id } }",
        { c: props.of.playKey },
      );
      navigate(`/plays/${startPlay.id}`);
    } catch (problem) {
      setError(`${(problem as AskError).message} ${(problem as AskError).help}`);
    } finally {
      setStarting(false);
    }
  };
  return (
    <Show when={props.of.machines.length || props.unavailable}>
      <section class="panel">
        <header>
          <h2>Playground</h2>
          <Show when={props.of.tasks.length}>
            <span class="meta">
              {props.of.tasks.length} task{props.of.tasks.length > 1 ? "s" : ""}
            </span>
          </Show>
        </header>
        <ul class="feed">
          <For each={props.of.machines}>
            {(machine) => (
              <li>
                <Icon name="server" />
                <p>
                  <b>{machine.name}</b>{" "}
                  {machine.noSSH ? "no terminal" : `user ${machine.defaultUser}`}
                </p>
              </li>
            )}
          </For>
        </ul>
        <div class="pad">
          <Show
            when={!props.unavailable}
            fallback={<p class="dim">It can’t be started here: {props.unavailable}</p>}
          >
            <Show
              when={props.of.activePlay}
              fallback={
                <Show
                  when={props.of.startable || !me()}
                  fallback={<p class="dim">You may read this, but not start its machines.</p>}
                >
                  <button
                    type="button"
                    class="btn primary lg"
                    data-testid="start-play"
                    disabled={starting()}
                    onClick={() => void start()}
                  >
                    {starting() ? "Starting" : me() ? "Start playground" : "Sign in to start"}
                  </button>
                </Show>
              }
            >
              {(play) => (
                <A class="btn primary lg" href={`/plays/${play().id}`}>
                  Go on
                </A>
              )}
            </Show>
          </Show>
          <Show when={error()}>
            <div class="formerror" role="alert">
              {error()}
            </div>
          </Show>
        </div>
      </section>
    </Show>
  );
}
