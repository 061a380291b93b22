import { createInterface } from "node:readline/promises";
import type { Readable, Writable } from "node:stream";

/** Whether there is somebody who can answer. */
export const canAsk = (): boolean => process.stdin.isTTY === true && process.stderr.isTTY === true;

/** One question; what `wrong` says of an answer is shown, and the question asked again. */
export interface Question {
  question: string;
  fallback: string;
  wrong?: (answer: string) => string | undefined;
}

/**
 * Asks one question after the other; empty answers mean the default. Lines that were typed ahead are answers
 * to the questions that follow. When the input ends, all that is open has its default.
 */
export async function ask<T extends Record<string, Question>>(
  questions: T,
  from: { input: Readable; output: Writable } = { input: process.stdin, output: process.stderr },
): Promise<Record<keyof T, string>> {
  const prompt = createInterface({ ...from, terminal: canAsk() && from.input === process.stdin });
  const lines = prompt[Symbol.asyncIterator]();
  let ended = false;
  let closed = false;
  prompt.once("close", () => (closed = true));
  // Escape from here means: nothing more, and nothing made.
  const stop = new AbortController();
  prompt.once("SIGINT", () => stop.abort());
  const stopped = new Promise<never>((_, reject) =>
    stop.signal.addEventListener("abort", () => reject(new Error("Nothing was made."))),
  );
  stopped.catch(() => undefined);
  try {
    const answers = {} as Record<keyof T, string>;
    for (const [key, { question, fallback, wrong }] of Object.entries(questions))
      for (;;) {
        if (ended) {
          answers[key as keyof T] = fallback;
          break;
        }
        const text = `${question}${fallback ? ` [${fallback}]` : ""}: `;
        // Its input may have ended while lines of it are still to be read.
        if (closed) from.output.write(text);
        else {
          prompt.setPrompt(text);
          prompt.prompt();
        }
        const line = await Promise.race([lines.next(), stopped]);
        ended = line.done === true;
        const answer = (line.value ?? "").trim() || fallback;
        const problem = ended ? undefined : wrong?.(answer);
        if (problem) {
          from.output.write(`${problem}\n`);
          continue;
        }
        answers[key as keyof T] = answer;
        break;
      }
    return answers;
  } finally {
    prompt.close();
  }
}

/** Yes or no; no without a terminal. */
export async function confirm(question: string): Promise<boolean> {
  if (!canAsk()) return false;
  const { answer } = await ask({ answer: { question: `${question} (yes/no)`, fallback: "no" } });
  return /^y(es)?$/i.test(answer);
}
