import fc from "fast-check";
import { toHtml } from "hast-util-to-html";
import { expect, test } from "vitest";
import { addressesIn } from "./addresses";
import { parseFence, readMarkdown } from "./document";
import { still } from "./scene";

const html = (markdown: string) => toHtml(readMarkdown(markdown, addressesIn(still({}))).root);

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

test("a fence names its file and marks its lines", () => {
  const { parts } = readMarkdown(
    "```nginx [/etc/nginx/a b.conf]{2}\nserver {\n  listen <80>;\n}\n```",
    addressesIn(still({})),
  );
  expect(parts).toMatchObject([
    { type: "code", language: "nginx", text: "server {\n  listen <80>;\n}" },
  ]);
  const fence = parseFence("bash{1,4-6} [x]");
  expect([1, 2, 4, 5, 6, 7].filter((line) => fence.marked(line))).toEqual([1, 4, 5, 6]);
  expect(fence.label).toBe("x");
});

test("a placeholder of ours that an author writes by hand is no component", () => {
  const { root, parts } = readMarkdown('<agon-part data-n="0"></agon-part> \uE0000\uE001', {
    link: (href) => href,
    image: (url) => ({ url }),
  });
  expect(parts).toEqual([]);
  expect(toHtml(root)).not.toContain("agon-part");
});

test("plain tags that an author writes stay, without attributes; lonely and other ones vanish", () => {
  expect(html("<kbd>Ctrl</kbd>+<kbd>C</kbd>, H<sub>2</sub>O<br>next")).toBe(
    "<p><kbd>Ctrl</kbd>+<kbd>C</kbd>, H<sub>2</sub>O<br>next</p>",
  );
  expect(html("a <b>bold <i>both</b> open <kbd>lonely")).toBe(
    "<p>a <b>bold both</b> open lonely</p>",
  );
  expect(html('<kbd onclick="alert(1)">x</kbd> <form>y</form>')).toBe("<p>x y</p>");
});
