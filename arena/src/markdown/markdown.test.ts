import fc from "fast-check";
import { expect, test } from "vitest";
import { parseBlocks } from "./blocks";
import { html } from "./html";

test("scripts, handlers and javascript: links of a body never reach the page", () => {
  const out = html(
    [
      "<script>alert(1)</script>",
      "<img src=x onerror=alert(2)>",
      "[a](javascript:alert(3)) [b](data:text/html;base64,PHNjcmlwdD4=)",
      "![c](javascript:alert(4))",
      '<a href="https://example.test" onclick="alert(5)">d</a>',
      "<iframe src=//example.test></iframe><style>*{}</style>",
    ].join("\n\n"),
  );
  expect(out).not.toMatch(
    /<script|<iframe|<style|<[^>]*\son\w+=|href="(javascript|data):|src="(javascript|data):/i,
  );
});

test("whatever a body holds, its HTML has only tags of the allow-list", () => {
  const bits = fc.constantFrom(
    "<",
    ">",
    "</",
    "script",
    "svg/onload=",
    "img src=x ",
    "onerror=alert(1)",
    '"',
    "'",
    "`",
    "[x](",
    "javascript:",
    ")",
    "&#106;",
    "\n",
    " ",
    "<!--",
    "-->",
    "text",
  );
  fc.assert(
    fc.property(fc.array(bits, { maxLength: 30 }), (parts) => {
      const out = html(parts.join(""));
      expect(out).not.toMatch(/<(script|svg|iframe|style|object|embed|form)\b/i);
      expect(out).not.toMatch(/<[^>]*\s(on\w+|style)\s*=/i);
      expect(out).not.toMatch(/(href|src)\s*=\s*"\s*javascript:/i);
    }),
    { numRuns: 300 },
  );
});

test("a component holds its slots; what stands in fenced code is text", () => {
  const [first, second, third] = parseBlocks(
    [
      "Before",
      "::simple-task",
      "---",
      ":tasks: tasks",
      ":name: verify_it",
      "---",
      "#active",
      "Do it.",
      "#completed",
      "Done.",
      "::",
      "```bash",
      "::simple-task",
      "```",
    ].join("\n"),
  );
  expect(first).toEqual({ kind: "text", text: "Before" });
  expect(second).toMatchObject({
    kind: "component",
    name: "simple-task",
    props: { name: "verify_it" },
    slots: { active: [{ kind: "text", text: "Do it." }], completed: [{ text: "Done." }] },
  });
  expect(third).toEqual({ kind: "text", text: "```bash\n::simple-task\n```" });
});
