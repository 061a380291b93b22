import fc from "fast-check";
import { expect, test } from "vitest";
import { parseBlocks } from "./blocks";
import { html, parseFence } from "./html";

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

test("a fence names its file and marks its lines; what it holds stays text", () => {
  const out = html("```nginx [/etc/nginx/a b.conf]{2}\nserver {\n  listen <80>;\n}\n```");
  expect(out).toContain("<span>/etc/nginx/a b.conf</span>");
  expect(out).toContain('<span class="line hl">  listen &#x3C;80>;\n</span>');
  expect(out).toContain('data-language="nginx"');
  expect(out.match(/class="line hl"/g)).toHaveLength(1);
  const fence = parseFence("bash{1,4-6} [x]");
  expect([1, 2, 4, 5, 6, 7].filter((line) => fence.marked(line))).toEqual([1, 4, 5, 6]);
  expect(fence.label).toBe("x");
});
