import { useLocation, useNavigate, usePreloadRoute } from "@solidjs/router";
import { createSignal, onMount } from "solid-js";
import { ask, type AskError } from "~/live/ask";
import { useMe } from "~/live/me";
import { seedPlay } from "~/live/seed";
import { PLAY_FIELDS, type Play, type StartQuestion } from "~/live/types";
import { createAnswers, whyNotAnswered } from "./start-questions";

/** The way from a text into a play of it: answers to what is asked, the start, and what went wrong. */
export function createStart() {
  const { me } = useMe();
  const navigate = useNavigate();
  const location = useLocation();
  const [error, setError] = createSignal("");
  const [starting, setStarting] = createSignal(false);
  const answers = createAnswers();
  // The play's page is there before it is asked for: a machine may be ready sooner than its code.
  const preload = usePreloadRoute();
  onMount(() => preload("/plays/next", { preloadData: false }));
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
      const { startPlay } = await ask<{ startPlay: Play }>(
        `mutation($c: String!, $a: [AnswerInput!]) { startPlay(challenge: $c, answers: $a) { ${PLAY_FIELDS} } }`,
        { c: playKey, a: answers.list },
      );
      seedPlay(startPlay);
      navigate(`/plays/${startPlay.id}`);
    } catch (problem) {
      setError(`${(problem as AskError).message} ${(problem as AskError).help}`);
    } finally {
      setStarting(false);
    }
  };
  return { answers, start, error, starting };
}
