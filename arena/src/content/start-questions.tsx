import { For, Show, createUniqueId } from "solid-js";
import { createStore } from "solid-js/store";
import type { StartQuestion } from "~/live/types";

export interface Answer {
  key: string;
  value: string;
}

/** What somebody chose of a playground's questions; empty until they change one: then the defaults count. */
export function createAnswers() {
  const [given, setGiven] = createStore<Record<string, string>>({});
  return {
    of: (question: StartQuestion) => given[question.key] ?? question.default,
    set: (question: StartQuestion, value: string) => setGiven(question.key, value),
    get list(): Answer[] {
      return Object.entries(given).map(([key, value]) => ({ key, value }));
    },
  };
}

/** The first answer that a play can't start with, in words; empty = all are fine. */
export function whyNotAnswered(
  questions: readonly StartQuestion[],
  of: (one: StartQuestion) => string,
) {
  for (const question of questions) {
    const value = of(question);
    if (value === "") {
      if (question.nullable || question.default === "") continue;
      return `“${question.key}” needs an answer.`;
    }
    const { validationRegex, options } = question;
    if (!options.length && validationRegex && !matches(validationRegex, value))
      return `“${question.key}” does not have the form that its author asks for: ${validationRegex}`;
  }
  return "";
}

/** An expression that is none refuses nothing. */
function matches(expression: string, value: string): boolean {
  try {
    return new RegExp(expression).test(value);
  } catch {
    return true;
  }
}

/** What a playground asks before it starts (spec 3.3.5). */
export function StartQuestions(props: {
  questions: readonly StartQuestion[];
  answers: ReturnType<typeof createAnswers>;
}) {
  const id = createUniqueId();
  return (
    <Show when={props.questions.length}>
      <fieldset class="stackform" data-testid="start-questions">
        <legend class="t-head">Choose before it starts</legend>
        <For each={props.questions}>
          {(question, at) => (
            <label for={`${id}-${at()}`}>
              {question.key}
              <Show
                when={question.options.length}
                fallback={
                  <input
                    class="field"
                    id={`${id}-${at()}`}
                    maxLength={1024}
                    placeholder={question.placeholder}
                    value={props.answers.of(question)}
                    onInput={(event) => props.answers.set(question, event.currentTarget.value)}
                  />
                }
              >
                <select
                  class="field"
                  id={`${id}-${at()}`}
                  onChange={(event) => props.answers.set(question, event.currentTarget.value)}
                >
                  <Show when={question.nullable || !question.default}>
                    <option value="" selected={props.answers.of(question) === ""}>
                      {question.placeholder || "None"}
                    </option>
                  </Show>
                  <For each={question.options}>
                    {(option) => (
                      <option value={option} selected={props.answers.of(question) === option}>
                        {option}
                      </option>
                    )}
                  </For>
                </select>
              </Show>
            </label>
          )}
        </For>
      </fieldset>
    </Show>
  );
}
