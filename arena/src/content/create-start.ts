import { useLocation, useNavigate } from "@solidjs/router";
import { createSignal } from "solid-js";
import { ask, type AskError } from "~/live/ask";
import { useMe } from "~/live/me";
import type { StartQuestion } from "~/live/types";
import { createAnswers, whyNotAnswered } from "./start-questions";

/** The way from a text into a play of it: answers to what is asked, the start, and what went wrong. */
export function createStart() {
  const { me } = useMe();
  const navigate = useNavigate();
  const location = useLocation();
  const [error, setError] = createSignal("");
  const [starting, setStarting] = createSignal(false);
  const answers = createAnswers();
  const start = async (playKey: string, questions: readonly StartQuestion[]) => {
    if (!me()) {
      navigate(`/sign-in?then=${encodeURIComponent(location.pathname)}`);
      return;
    }
    const wrong = whyNotAnswered(questions, answers.of);
    setError(wrong);
    if (wrong) return;
    setStarting(true);
    try {
      const { startPlay } = await ask<{ startPlay: { id: string } }>(
        "mutation($c: String!, $a: [AnswerInput!]) { startPlay(challenge: $c, answers: $a) { id } }",
        { c: playKey, a: answers.list },
      );
      navigate(`/plays/${startPlay.id}`);
    } catch (problem) {
      setError(`${(problem as AskError).message} ${(problem as AskError).help}`);
    } finally {
      setStarting(false);
    }
  };
  return { answers, start, error, starting };
}
