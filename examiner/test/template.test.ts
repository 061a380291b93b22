import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { expect, test } from "vitest";
import { expandPlain, expandScript, usesInput } from "../src/template.ts";

const values = (input: string) => ({
  input,
  need: (task: string, attribute: string) => (attribute === "stdout" ? `out of ${task}` : "other"),
});
const bash = (script: string) => execFileSync("bash", ["-c", script], { encoding: "utf8" });

test("only the strict forms are expanded", () => {
  const script =
    "awk '{ print index($0,\"a\") }'; max(1,2); hex(n); yx(.input); $x(.input); x(.input ); x(.needs.a.b)";
  expect(expandScript(script, values("V"))).toBe(script);
  expect(expandScript('echo "x(.needs.init_a.stdout)"', values(""))).toBe('echo "out of init_a"');
  expect(expandPlain("x(.needs.a.stdout)/x(.input)", values("$v"))).toBe("out of a/$v");
  expect(usesInput("[ x(.input) ]") && !usesInput("max(.input)")).toBe(true);
});

test.each([
  ["double quotes", (marker: string) => `printf %s "${marker}"`],
  ["single quotes", (marker: string) => `printf %s '${marker}'`],
  ["plain", (marker: string) => `printf %s a:${marker}`],
  [
    "a command substitution in double quotes",
    (marker: string) => `printf %s "$(printf %s "${marker}")"`,
  ],
])("a learner's input arrives byte by byte and runs nothing: %s", (name, script) => {
  fc.assert(
    fc.property(
      fc.string({
        unit: fc.constantFrom(..."abc$`\"'\\ ;&|(){}<>*?!#~=\t-".split("")),
        minLength: 1,
        maxLength: 24,
      }),
      (input) => {
        // A command substitution drops newlines at its end only; the alphabet has none.
        expect(bash(expandScript(script("x(.input)"), values(input)))).toBe(
          name === "plain" ? `a:${input}` : input,
        );
      },
    ),
    { numRuns: 60 },
  );
});

test("a here-document: expanded and quoted ones", () => {
  for (const word of ["EOF", "'EOF'"]) {
    const script = `cat <<${word}\nx(.input)\nEOF\nprintf '%s' "x(.input)"`;
    const input = 'a $HOME `id` "q" \\ end';
    expect(bash(expandScript(script, values(input)))).toBe(`${input}\n${input}`);
  }
});
