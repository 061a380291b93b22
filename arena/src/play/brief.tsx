import { Show, createMemo, createSignal } from "solid-js";
import { ConfirmButton } from "~/components/confirm";
import { Difficulty, Icon } from "~/components/icon";
import { ask } from "~/live/ask";
import type { Hint, Play } from "~/live/types";
import { Body } from "~/markdown/body";
import { Markdown } from "~/markdown/markdown";
import { TaskBlock } from "./task-block";

/** The statement with its tasks, hints and the solution. */
export function Brief(props: {
  play: Play;
  onChange: () => void;
  onProblem: (problem: Error & { help?: string }) => void;
}) {
  const challenge = () => props.play.challenge;
  const body = createMemo(() => challenge().body);
  const [bodies, setBodies] = createSignal<Record<string, string>>({});
  const [solution, setSolution] = createSignal("");
  const hint = (id: string): Hint | undefined => challenge().hints.find((one) => one.id === id);
  const take = (id: string) =>
    ask<{ takeHint: Hint }>(
      "mutation($c: String!, $h: ID!) { takeHint(challenge: $c, hint: $h) { id body } }",
      { c: challenge().name, h: id },
    ).then(({ takeHint }) => {
      setBodies({ ...bodies(), [id]: takeHint.body ?? "" });
      props.onChange();
    }, props.onProblem);
  const read = () =>
    void ask<{ takeSolution: string }>("mutation($c: String!) { takeSolution(challenge: $c) }", {
      c: challenge().name,
    }).then(({ takeSolution }) => setSolution(takeSolution), props.onProblem);
  const text = (id: string) => bodies()[id] ?? hint(id)?.body ?? "";
  return (
    <div class="brief">
      <h2>{challenge().title}</h2>
      <div class="facts">
        <Difficulty level={challenge().difficulty} />
        <span>
          {challenge().machines.length} machine{challenge().machines.length > 1 ? "s" : ""}
        </span>
        <span>{challenge().points} points</span>
        <span>
          {challenge().solvedBy} solve{challenge().solvedBy === 1 ? "" : "s"}
        </span>
      </div>
      <Body
        text={body()}
        parts={{
          task: (name, active, completed, input) => (
            <TaskBlock
              play={props.play}
              name={name}
              active={active}
              completed={completed}
              input={input}
            />
          ),
          hint: (id) => (
            <Show when={hint(id)}>
              {(known) => (
                <Show
                  when={text(id)}
                  fallback={
                    <div class="hintrow">
                      <Icon name="hint" />
                      <span>{known().title}</span>
                      <Show
                        when={known().cost > 0 && !props.play.solve}
                        fallback={
                          <button type="button" class="btn sm" onClick={() => void take(id)}>
                            Show
                          </button>
                        }
                      >
                        <ConfirmButton
                          class="btn sm"
                          label={`Take it, −${known().cost} points`}
                          title="Take this hint?"
                          text={`“${known().title}” costs ${known().cost} points of this challenge.`}
                          keep="Not now"
                          act="Take hint"
                          onConfirm={() => void take(id)}
                        />
                      </Show>
                    </div>
                  }
                >
                  <div class="callout">
                    <b>{known().title}</b>
                    <Markdown text={text(id)} />
                  </div>
                </Show>
              )}
            </Show>
          ),
        }}
      />
      <Show when={challenge().hasSolution}>
        <Show
          when={solution()}
          fallback={
            <div class="hintrow">
              <Icon name="book" />
              <span>Solution</span>
              <Show
                when={!props.play.solve}
                fallback={
                  <button type="button" class="btn sm" onClick={read}>
                    Show it
                  </button>
                }
              >
                <ConfirmButton
                  class="btn sm"
                  label="Show it"
                  title="Show the solution?"
                  text="Before you solved the challenge, reading the solution costs all of its points."
                  act="Show solution"
                  keep="Not now"
                  onConfirm={read}
                />
              </Show>
            </div>
          }
        >
          <Markdown class="callout md" text={solution()} />
        </Show>
      </Show>
    </div>
  );
}
