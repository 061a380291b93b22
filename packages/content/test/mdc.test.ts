import fc from "fast-check";
import { expect, test } from "vitest";
import { components, parseMdc, texts, type MdcNode } from "../src/mdc.ts";
import { INLINE_MARK, takeInlines } from "../src/mdc-inline.ts";

/** A tree in short: text as it is, components as [name, slots]. */
const short = (nodes: MdcNode[]): unknown[] =>
  nodes.map((node) =>
    node.kind === "text"
      ? node.text.trim()
      : [
          node.name,
          Object.fromEntries(
            Object.entries(node.slots).map(([slot, inner]) => [slot, short(inner)]),
          ),
        ],
  );

test("10.3/2: three levels of nested two-colon components, with a fenced example containing ::", () => {
  const { nodes, problems } = parseMdc(
    [
      "::tabbed",
      "---",
      ":tabs: [{ name: one, title: One }, { name: two, title: Two }]",
      "---",
      "#one",
      "::details-box",
      "---",
      ":summary: More",
      "---",
      "::remark-box",
      "Inner",
      "```markdown",
      "::simple-task",
      "---",
      ":name: verify_x",
      "---",
      "::",
      "```",
      "::",
      "After",
      "::",
      "#two",
      "Second",
      "::",
      "End",
    ].join("\n"),
  );
  expect(problems).toEqual([]);
  expect(short(nodes)).toEqual([
    [
      "tabbed",
      {
        one: [
          [
            "details-box",
            {
              default: [
                [
                  "remark-box",
                  {
                    default: [
                      "Inner\n```markdown\n::simple-task\n---\n:name: verify_x\n---\n::\n```",
                    ],
                  },
                ],
                "After",
              ],
            },
          ],
        ],
        two: ["Second"],
      },
    ],
    "End",
  ]);
});

test("more colons for inner levels; a longer close ends what was opened with as many", () => {
  const { nodes, problems } = parseMdc("::a\n:::b\nx\n:::\ny\n::\n::::c\n::d\nz\n::::\n");
  expect(short(nodes)).toEqual([
    ["a", { default: [["b", { default: ["x"] }], "y"] }],
    ["c", { default: [["d", { default: ["z"] }]] }],
  ]);
  expect(problems).toEqual([{ what: "unclosed", name: "d", line: 8 }]);
});

test("props: YAML with and without the leading colon, comments, lists, and inline ones", () => {
  const { nodes } = parseMdc(
    "::grid{a=1 :b=2 c='three four' :d=false flag #top .x .y}\n---\n# why\n:items:\n  - :challenge: challenges.one\n  - content: tutorials.two\n:on: true\n---\n::\n",
  );
  const [grid] = [...components(nodes)];
  expect({ ...grid!.props, items: JSON.parse(JSON.stringify(grid!.props["items"])) }).toEqual({
    a: "1",
    b: 2,
    c: "three four",
    d: false,
    flag: true,
    id: "top",
    class: "x y",
    items: [{ challenge: "challenges.one" }, { content: "tutorials.two" }],
    on: true,
  });
});

test("props that are no YAML are told with their line, and each line counts by itself", () => {
  const { nodes, problems } = parseMdc(
    "::hint-box\n---\n:summary: Hint: look\n:other: [a\n---\nText\n::\n",
    11,
  );
  expect([...components(nodes)][0]!.props).toMatchObject({ summary: "Hint: look", other: "[a" });
  expect(problems).toMatchObject([{ what: "props", name: "hint-box" }]);
  expect(problems[0]!.line).toBeGreaterThanOrEqual(13);
  expect(problems[0]!.line).toBeLessThanOrEqual(14);
});

test("what is commented out is no component; lines are those of the file", () => {
  const { nodes } = parseMdc("<!--\n::a\n::\n-->\n\n::b\n---\n:x: 1\n---\n#slot\nt\n::\n", 100);
  expect([...components(nodes)]).toMatchObject([
    { name: "b", line: 105, contentLine: 109, endLine: 111 },
  ]);
  expect([...texts(nodes)].at(-1)).toMatchObject({ text: "t", line: 110 });
});

test("inline components: only after white space or a bracket, and with { or [ directly behind", () => {
  const plain = "host:80 at 10:30, a :word, a:tab{x=1}, `:tab{y=1}` and ``a ` :tab{z=1}``";
  expect(takeInlines(plain)).toEqual({ markdown: plain, inlines: [] });
  const { markdown, inlines } = takeInlines(
    ":tab{text='Open } it' machine=web :new=true} (:http-port[site]{port=80})\n\n```\n:tab{a=1}\n```\n{{ vars.PORT || '80' }} `{{ vars.NO }}`",
    7,
  );
  expect(markdown.replace(INLINE_MARK, "<$1>")).toBe(
    "<0> (<1>)\n\n```\n:tab{a=1}\n```\n<2> `{{ vars.NO }}`",
  );
  expect(inlines).toMatchObject([
    {
      kind: "component",
      name: "tab",
      props: { text: "Open } it", machine: "web", new: true },
      line: 7,
      column: 1,
    },
    { kind: "component", name: "http-port", text: "site", props: { port: "80" }, column: 47 },
    { kind: "binding", name: "PORT", fallback: "80", line: 12 },
  ]);
});

const pieces = fc.array(
  fc.oneof(
    fc.constantFrom(
      "::a",
      "::b{k=v}",
      ":::c",
      "::::d{",
      "::",
      ":::",
      "::::::",
      "---",
      ":key: value",
      ":key: [",
      "&a *a",
      "#slot",
      "# head",
      "```",
      "````",
      "~~~ x",
      "```js `",
      "<!--",
      "-->",
      "  ::e",
      "",
      "text",
      ":tab{a='b'}",
      "`` ` :x{}",
      "__proto__: 1",
      "#__proto__",
      "#constructor",
    ),
    fc.string(),
  ),
  { maxLength: 60 },
);

test("property: whatever a body holds, it parses, everything closes, and no text is lost or made", () => {
  fc.assert(
    fc.property(pieces, (lines) => {
      const body = lines.join("\n");
      const { nodes } = parseMdc(body);
      const source = new Set(body.split(/\r?\n/));
      const count = body.split(/\r?\n/).length;
      for (const component of components(nodes)) {
        expect(component.endLine).toBeGreaterThanOrEqual(component.line);
        expect(component.endLine).toBeLessThanOrEqual(count + 1);
        expect(component.contentLine).toBeGreaterThan(component.line);
      }
      for (const { text } of texts(nodes))
        for (const line of text.split("\n")) expect(source.has(line)).toBe(true);
      takeInlines(body);
    }),
    { numRuns: 500 },
  );
});

test("property: fenced code stays in one piece, wherever it stands", () => {
  const code = fc
    .array(fc.constantFrom("::a", "::", "#slot", "---", "<!--", ":tab{x=1}", "``", "  ~~~~", "x"), {
      maxLength: 12,
    })
    .map((lines) => ["```sh", ...lines, "```"].join("\n"));
  const around = fc.array(fc.constantFrom("::a", "::b", "::", "#slot", "text", ""), {
    maxLength: 6,
  });
  fc.assert(
    fc.property(around, code, around, (before, fence, after) => {
      const body = [...before, fence, ...after].join("\n");
      const { nodes } = parseMdc(body);
      const kept = [...texts(nodes)].map(({ text }) => text);
      expect(kept.some((text) => text.includes(fence))).toBe(true);
      expect(kept.some((text) => takeInlines(text).markdown.includes(fence))).toBe(true);
      const opened = [...before, ...after].filter((line) => /^::[ab]$/.test(line)).length;
      expect([...components(nodes)].length).toBe(opened);
    }),
    { numRuns: 500 },
  );
});
