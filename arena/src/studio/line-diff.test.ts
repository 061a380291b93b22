import fc from "fast-check";
import { expect, test } from "vitest";
import { folded, lineDiff } from "./line-diff";

test("either side can be read out of the comparison, whatever the two texts are", () => {
  const text = fc
    .array(fc.constantFrom("a", "b", "c", "", "d d"), { maxLength: 30 })
    .map((lines) => lines.join("\n"));
  fc.assert(
    fc.property(text, text, (before, after) => {
      const lines = lineDiff(before, after);
      const side = (not: string) =>
        lines
          .filter(({ kind }) => kind !== not)
          .map((line) => line.text)
          .join("\n");
      expect(side("new")).toBe(before);
      expect(side("gone")).toBe(after);
    }),
  );
});

test("one changed line is one gone and one new, with three lines around it", () => {
  const lines = Array.from({ length: 20 }, (_, at) => `line ${at}`);
  const shown = folded(lineDiff(lines.join("\n"), lines.with(10, "other").join("\n")));
  expect(shown.map(({ kind }) => kind)).toEqual([
    "gap",
    "same",
    "same",
    "same",
    "gone",
    "new",
    "same",
    "same",
    "same",
    "gap",
  ]);
});

test("equal texts have no change", () => {
  expect(folded(lineDiff("a\nb", "a\nb")).every(({ kind }) => kind === "gap")).toBe(true);
});
