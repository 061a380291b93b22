import { expect, test } from "vitest";
import { piecesOf } from "./code-runs";

test("runs colour a text over its line ends; what they do not cover stays plain", () => {
  expect(piecesOf("if x\n  'a\nb' end", "2k3-2-6s")).toEqual([
    [
      { text: "if", colour: "keyword" },
      { text: " x", colour: "" },
    ],
    [
      { text: "  ", colour: "" },
      { text: "'a", colour: "string" },
    ],
    [
      { text: "b' ", colour: "string" },
      { text: "end", colour: "" },
    ],
  ]);
});

test("without runs, and with runs that say nonsense, the text is whole", () => {
  for (const runs of ["", "99999k", "1k1", "x", "3?5k"]) {
    const text = "one\n\ntwo";
    expect(
      piecesOf(text, runs)
        .map((line) => line.map((piece) => piece.text).join(""))
        .join("\n"),
    ).toBe(text);
  }
});
