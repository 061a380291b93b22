import { Show, createSignal } from "solid-js";
import { keepScroll } from "~/author/keep-scroll";
import { ConfirmButton } from "~/components/confirm";
import { Difficulty, Icon } from "~/components/icon";
import { MarkRow } from "~/content/mark-row";
import { ask } from "~/live/ask";
import { useMe } from "~/live/me";
import { CODE_FIELDS, type CodeColours, type Play } from "~/live/types";
import { Body } from "~/markdown/body";
import { Markdown } from "~/markdown/markdown";
import type { Scene, TabTarget } from "~/markdown/scene";
import { HintRow } from "./hint-row";
import { openPortAside } from "./port-panel";

/** The statement with its tasks, hints and the solution. */
export function Brief(props: {
  play: Play;
  onChange: () => void;
  onProblem: (problem: Error & { help?: string }) => void;
  onRestart: () => void;
  onTab: (target: TabTarget) => void;
}) {
  const { me } = useMe();
  const challenge = () => props.play.challenge;
  const [solution, setSolution] = createSignal("");
  const [solutionCode, setSolutionCode] = createSignal<CodeColours[]>([]);
  const read = () =>
    void ask<{ takeSolution: string }>("mutation($c: String!) { takeSolution(challenge: $c) }", {
      c: challenge().name,
    })
      .then(async ({ takeSolution }) => {
        const { play } = await ask<{ play: { challenge: { solutionCode: CodeColours[] } } | null }>(
          `query($p: ID!) { play(id: $p) { challenge { solutionCode { ${CODE_FIELDS} } } } }`,
          { p: props.play.id },
        );
        setSolutionCode(play?.challenge.solutionCode ?? []);
        setSolution(takeSolution);
      })
      .catch(props.onProblem);
  const submit = (task: string, value: string) =>
    ask(
      "mutation($p: ID!, $t: String!, $v: String!) { submitInput(play: $p, task: $t, value: $v) }",
      { p: props.play.id, t: task, v: value },
    );
  const scene: Scene = {
    get assets() {
      return challenge().assets;
    },
    get references() {
      return challenge().references;
    },
    get code() {
      return challenge().code;
    },
    get author() {
      return ["author", "operator"].includes(me()?.role ?? "");
    },
    task: (name) => {
      const task = props.play.tasks.find((one) => one.name === name);
      return task && { state: task.state, hint: task.hint ?? "", failure: task.failure ?? "" };
    },
    get submit() {
      // Nothing is checked any more after a failure.
      return props.play.failed ? undefined : submit;
    },
    restart: () => props.onRestart(),
    variable: (name) => props.play.variables.find((one) => one.name === name)?.value,
    openTab: (target) => props.onTab(target),
    openPort: (target) => openPortAside(props.play.id, target, props.onProblem),
    hint: (id) => (
      <Show when={challenge().hints.find((one) => one.id === id)}>
        {(hint) => (
          <HintRow
            challenge={challenge().name}
            hint={hint()}
            // Their author reads what is in a draft as often as they like.
            free={props.play.solve !== null || props.play.draft !== null}
            onChange={() => props.onChange()}
            onProblem={props.onProblem}
          />
        )}
      </Show>
    ),
  };
  let scrolled!: HTMLDivElement;
  keepScroll(
    () => scrolled,
    () => challenge().body,
  );
  return (
    <div class="brief" ref={scrolled}>
      <h2>{challenge().title}</h2>
      <Show when={props.play.draft && props.play.content.kind !== "challenge"}>
        <div class="facts">
          <span class="tag">Draft</span>
        </div>
      </Show>
      <Show when={props.play.content.kind === "challenge"}>
        <div class="facts">
          <Show when={props.play.draft}>
            <span class="tag">Draft</span>
          </Show>
          <Difficulty level={challenge().difficulty} />
          <span>
            {challenge().machines.length} machine{challenge().machines.length > 1 ? "s" : ""}
          </span>
          <span>{challenge().points} points</span>
          <span>
            {challenge().solvedBy} solve{challenge().solvedBy === 1 ? "" : "s"}
          </span>
        </div>
      </Show>
      <Body text={challenge().body} scene={scene} />
      <Show when={props.play.content.markable}>
        <MarkRow
          kind={props.play.content.kind}
          name={props.play.content.name}
          part={props.play.content.part}
          done={props.play.content.done}
          onChange={() => props.onChange()}
        />
      </Show>
      <Show when={challenge().hasSolution}>
        <Show
          when={solution()}
          fallback={
            <div class="hintrow">
              <Icon name="book" />
              <span>Solution</span>
              <Show
                when={!props.play.solve && !props.play.draft}
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
          <Markdown class="callout" text={solution()} code={solutionCode()} />
        </Show>
      </Show>
    </div>
  );
}
