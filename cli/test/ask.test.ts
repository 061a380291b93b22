import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { ask } from "../src/ask.ts";

const questions = {
  title: { question: "Title", fallback: "A title" },
  kind: {
    question: "Kind",
    fallback: "easy",
    wrong: (answer: string) => (["easy", "hard"].includes(answer) ? undefined : "easy or hard"),
  },
};

/** What is answered when this was typed before the first question was read. */
async function answered(typed: string) {
  const input = new PassThrough();
  const output = new PassThrough();
  input.end(typed);
  const answers = await ask(questions, { input, output });
  return { answers, shown: String(output.read()) };
}

test("lines that were typed ahead answer the questions that follow; an empty one means the default", async () => {
  expect((await answered("\nhard\n")).answers).toEqual({ title: "A title", kind: "hard" });
});

test("a wrong answer is told and asked again", async () => {
  const { answers, shown } = await answered("Mine\nmedium\nhard\n");
  expect(answers).toEqual({ title: "Mine", kind: "hard" });
  expect(shown).toMatch(/easy or hard\n.*Kind \[easy\]/s);
});

test("where the input ends, what is open has its default", async () => {
  expect((await answered("Mine\n")).answers).toEqual({ title: "Mine", kind: "easy" });
});
