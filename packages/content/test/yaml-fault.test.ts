import fc from "fast-check";
import { expect, test } from "vitest";
import { load } from "./folders.ts";

test.each([
  ["title: [one\nkind: challenge", "this [ is never closed; a ] was missed in line 3"],
  ["title: {a: b\nkind: challenge", "this { is never closed; a } was missed in line 3"],
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

test.each([
  // Below it, pages of what is well.
  [`a: b\nvalues:\n  - [one, two\n${"key: word\n".repeat(40)}`, "4:5"],
  // Brackets in quotes, comments and texts are none.
  ["q: '[x'\nt: no [ bracket # [\na: { b: '}', c: d # }\nz: 1", "4:4"],
  // Closed by one of the other kind.
  ["a: [b, { c: d ]\nk: x", "2:8"],
  ["a: { b: [c }\nk: x", "2:9"],
])("a bracket that is never closed is told where it was opened: %j", async (yaml, place) => {
  const { problems } = await load({ "it/index.md": `---\n${yaml}\n---\n` });
  const [first] = problems.filter(({ code }) => code === "AG003");
  expect(`${first?.line}:${first?.column}`).toBe(place);
  expect(first?.excerpt?.[first.column - 1]).toMatch(/[[{]/);
});

test("whatever stands around it, an open bracket is told at its own place", async () => {
  const word = fc.stringMatching(/^[a-z]{1,8}$/);
  const value = fc.oneof(
    word,
    word.map((one) => `"${one} [ {"`),
    fc.array(word, { minLength: 1, maxLength: 3 }).map((all) => `[${all.join(", ")}]`),
    word.map((one) => `{ ${one}: [${one}] }`),
    word.map((one) => `|\n  ${one} [ not one`),
    word.map((one) => `${one} # {`),
  );
  const lines = fc.array(value, { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(lines, lines, word, fc.boolean(), async (before, after, text, list) => {
      const open = list ? `[${text}, [${text}]` : `{ ${text}: { b: ${text} }`;
      const all = [...before, open, ...after].map((one, index) => `k${index}: ${one}`);
      const { problems } = await load({ "it/index.md": `---\n${all.join("\n")}\n---\n` });
      const [first] = problems.filter(({ code }) => code === "AG003");
      const line = 2 + all.slice(0, before.length).join("\n").split("\n").length;
      expect([first?.line, first?.column]).toEqual([
        before.length ? line : 2,
        `k${before.length}: `.length + 1,
      ]);
    }),
    { numRuns: 100 },
  );
});
