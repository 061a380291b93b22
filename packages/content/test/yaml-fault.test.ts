import { expect, test } from "vitest";
import { load } from "./folders.ts";

test.each([
  ["title: [one\nkind: challenge", "a [ that was opened before this place is never closed"],
  ["title: {a: b\nkind: challenge", "a { that was opened before this place is never closed"],
  ["tasks:\n  a:\n    run: x\n   user: y", "this line is indented differently from its neighbours"],
  ["title: What: a text", 'a text holds ": ", or a key stands where none can'],
  ['title: "never closed\nkind: x', "a quote is never closed"],
  ["tasks:\n  a: `x`", "a text begins with a character that means something to YAML"],
  ['title: "a\\qb"', "between double quotes a backslash begins an escape"],
  ["tasks:\n\ta: b", "a tab stands where YAML wants blanks"],
])("%j is told in plain words, with what would be right", async (yaml, words) => {
  const { problems } = await load({ "it/index.md": `---\n${yaml}\n---\n` });
  const [first] = problems.filter(({ code }) => code === "AG003");
  expect(first?.message).toBe(`malformed YAML: ${words}`);
  expect(first?.fix).not.toMatch(/^check indentation, quotes and colons/);
});
