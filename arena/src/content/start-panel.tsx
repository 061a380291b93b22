import { A } from "@solidjs/router";
import { Show } from "solid-js";
import { useMe } from "~/live/me";
import { createStart } from "./create-start";
import { MachineList } from "./machine-list";
import { StartQuestions } from "./start-questions";
import type { Part } from "./types";

/** The machines of a text, and the way into them. */
export function StartPanel(props: {
  of: Pick<Part, "machines" | "playKey" | "questions" | "startable" | "activePlay" | "tasks">;
  unavailable?: string | null;
}) {
  const { me } = useMe();
  const { answers, start, error, starting } = createStart();
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
        <MachineList machines={props.of.machines} />
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
                  <StartQuestions questions={props.of.questions} answers={answers} />
                  <button
                    type="button"
                    class="btn primary lg"
                    style={props.of.questions.length ? "margin-top:16px" : ""}
                    data-testid="start-play"
                    disabled={starting()}
                    onClick={() => void start(props.of.playKey, props.of.questions)}
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
