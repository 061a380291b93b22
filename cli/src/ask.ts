import { createInterface } from "node:readline/promises";

/** Whether there is somebody who can answer. */
export const canAsk = (): boolean => process.stdin.isTTY === true && process.stderr.isTTY === true;

/** Asks one question after the other; empty answers mean the default. */
export async function ask<T extends Record<string, { question: string; fallback: string }>>(
  questions: T,
): Promise<Record<keyof T, string>> {
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answers = {} as Record<keyof T, string>;
    for (const [key, { question, fallback }] of Object.entries(questions)) {
      const answer = await prompt.question(`${question}${fallback ? ` [${fallback}]` : ""}: `);
      answers[key as keyof T] = answer.trim() || fallback;
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
