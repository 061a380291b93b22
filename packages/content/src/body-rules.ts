import type { Body } from "./components.ts";
import { components, texts, Verbatim, type MdcComponent, type MdcProblem } from "./mdc.ts";
import { takeInlines } from "./mdc-inline.ts";
import type { Embed } from "./model.ts";
import { nameOfKey } from "./names.ts";
import { nearest } from "./nearest.ts";
import { kindOfPlural } from "./kinds.ts";
import { staticExists } from "./front-matter.ts";
import type { Source } from "./source.ts";
import { asList, asMap, asText } from "./value.ts";

/** Block components of spec 8.3 and 8.4. */
export const COMPONENTS = [
  "image-box",
  "slide-show",
  "remark-box",
  "highlight",
  "details-box",
  "hint-box",
  "tabbed",
  "card",
  "grid",
  "conditional",
  "simple-task",
  "user-input-task",
] as const;
/** Inline components of spec 8.5. */
export const INLINE_COMPONENTS = ["tab", "http-port", "code-var"] as const;

/** Props that name an entry of an embed map. */
const CARDS = ["challenge", "content", "playground"] as const;

const MESSAGES: Record<MdcProblem["what"], (name: string) => [string, string]> = {
  unclosed: (name) => [`::${name} is never closed`, "add a line :: after it"],
  "unclosed-fence": () => ["the code block is never closed", "add a line ``` after it"],
  props: (name) => [
    `the props of ::${name} are no YAML map`,
    'put texts with ": " in them into quotes, and close the block with a line ---',
  ],
  "stray-close": () => [":: closes nothing", "remove it"],
  depth: (name) => [`::${name} is nested too deep and stays text`, "close outer components first"],
  count: (name) => [`::${name} is one component too many and stays text`, "split the text"],
};
const PROBLEM_CODES = {
  unclosed: "AG080",
  "unclosed-fence": "AG087",
  props: "AG082",
  "stray-close": "AG087",
  depth: "AG086",
  count: "AG086",
} as const;

function checkReference(source: Source, line: number, reference: unknown, embeds: Embed[]): void {
  const text = asText(reference);
  const [plural = "", ...rest] = text.split(".");
  const name = nameOfKey(rest.join("."));
  const kind = kindOfPlural(nameOfKey(plural));
  const found =
    kind !== undefined && embeds.some((embed) => embed.kind === kind && embed.name === name);
  if (!found)
    source.problem(
      "AG083",
      { line, column: 1 },
      "warning",
      `the card shows "${text}", which the front matter does not list`,
      kind ? `add ${plural}: { ${name || "NAME"}: {} }` : "write challenges.NAME, tutorials.NAME …",
    );
}

function checkStatic(source: Source, line: number, path: string): void {
  const clean = path.replace(/^\.\//, "");
  if (/^(?:[a-z]+:|\/|#|$)/i.test(clean)) return;
  const bare = clean.startsWith("__static__/") ? clean : `__static__/${clean}`;
  if (!staticExists(source, bare))
    source.problem(
      "AG084",
      { line, column: 1 },
      "warning",
      `there is no ${bare} beside this file`,
      "add the file, or put the name right",
    );
}

/** What to write instead of an unknown component. */
function insteadOf(name: string): string {
  const meant = nearest(name, COMPONENTS);
  return meant ? `perhaps ${meant} is meant` : `use one of ${COMPONENTS.join(", ")}`;
}

/** Kinds of a remark-box that look different. */
const REMARKS = ["info", "tip", "warning", "error"];

function checkComponent(
  source: Source,
  one: MdcComponent,
  embeds: Embed[],
  vars: ReadonlySet<string>,
): void {
  const { name, props, line } = one;
  const told = (code: "AG081" | "AG085" | "AG086", message: string, fix: string) =>
    source.problem(code, { line, column: 1 }, "warning", message, fix);
  if (!(COMPONENTS as readonly string[]).includes(name)) {
    told("AG081", `there is no component ${name}`, insteadOf(name));
    const meant = nearest(name, COMPONENTS);
    if (meant) source.fixableWord(name, meant);
  }
  if (name === "image-box") {
    if (!asText(props["src"]))
      told("AG085", "an image-box has no src", "add :src: __static__/NAME");
    else checkStatic(source, line, asText(props["src"]));
  }
  if (name === "slide-show") {
    const slides = asList(props["slides"]);
    if (slides.length === 0)
      told("AG085", "a slide-show has no slides", "add :slides: with a list of {image, alt}");
    for (const slide of slides) {
      const image = asText(asMap(slide)["image"]);
      if (image) checkStatic(source, line, image);
      else told("AG085", "a slide has no image", "add image: __static__/NAME");
    }
  }
  if (name === "tabbed") {
    const tabs = asList(props["tabs"]).map((tab) => asText(asMap(tab)["name"]));
    if (tabs.length === 0)
      told("AG085", "tabbed has no tabs", "add :tabs: with a list of {name, title}");
    for (const tab of tabs)
      if (!one.slots[tab])
        told("AG085", `the tab "${tab}" has no text`, `add a line #${tab} and its text`);
  }
  if (name === "remark-box" && props["kind"] !== undefined) {
    const kind = asText(props["kind"]);
    if (!REMARKS.includes(kind))
      told(
        "AG085",
        `"${kind}" is no kind of remark-box, and shows as info`,
        `use one of ${REMARKS.join(", ")}`,
      );
  }
  if (name === "conditional") {
    const named = asText(props["var"]);
    if (!named) told("AG085", "a conditional has no var", "write ::conditional{var=NAME}");
    else if (!vars.has(named)) tellVariable(source, { line, column: 1 }, named);
  }
  if (name === "card") {
    const references = CARDS.filter((key) => props[key] !== undefined);
    if (references.length === 0)
      told("AG085", "a card shows nothing", "add :challenge: challenges.NAME, or :content: …");
    for (const key of references) checkReference(source, line, props[key], embeds);
  }
  if (name === "grid")
    for (const item of asList(props["items"]))
      for (const key of CARDS)
        if (asMap(item)[key] !== undefined) checkReference(source, line, asMap(item)[key], embeds);
  if (name === "details-box")
    for (const inner of components(Object.values(one.slots).flat()))
      if (inner.name === "details-box")
        source.problem(
          "AG086",
          { line: inner.line, column: 1 },
          "warning",
          "a details-box stands in a details-box",
          "close the outer one first",
        );
}

/** The first component inside of the one that begins at a line. */
function firstInside(body: Body, line: number): MdcComponent | undefined {
  for (const one of components(body.nodes))
    if (one.line === line) return [...components(Object.values(one.slots).flat())][0];
  return undefined;
}

function tellVariable(
  source: Source,
  place: { line: number; column: number },
  named: string,
): void {
  source.problem(
    "AG089",
    place,
    "warning",
    `the text shows the variable ${named}, which is not declared`,
    `add vars: { ${named || "NAME"}: … }`,
  );
}

/** Tells what is odd in a text, of which cards may show `embeds` and bindings `vars`. */
export function checkBody(
  source: Source,
  body: Body,
  embeds: Embed[],
  vars: ReadonlySet<string>,
): void {
  for (const { what, name, line } of body.problems) {
    const [message, usual] = MESSAGES[what](name);
    // What stands in an open one may have been meant to stand behind it: nobody but its author knows.
    const swallowed = what === "unclosed" ? firstInside(body, line) : undefined;
    const fix = swallowed
      ? `add a line :: where it ends, perhaps before ::${swallowed.name} in line ${swallowed.line}`
      : usual;
    source.problem(PROBLEM_CODES[what], { line, column: 1 }, "warning", message, fix);
    const end = source.lines.at(-1) === "" ? source.lines.length : source.lines.length + 1;
    if (what === "stray-close") source.fixable({ line, remove: 1, insert: [] });
    if (what === "unclosed" && !swallowed) source.fixable({ line: end, remove: 0, insert: ["::"] });
    if (what === "unclosed-fence") {
      const mark = /(`{3,}|~{3,})/.exec(source.lines[line - 1] ?? "")?.[1] ?? "```";
      source.fixable({ line: end, remove: 0, insert: [mark] });
    }
  }
  for (const component of components(body.nodes)) checkComponent(source, component, embeds, vars);
  for (const { text, line } of texts(body.nodes)) {
    const verbatim = new Verbatim();
    for (const [index, row] of text.split("\n").entries())
      if (!verbatim.takes(row, index))
        for (const match of row.matchAll(/\]\((?:<)?((?:\.\/)?__static__\/[^\s)>]+)/g))
          checkStatic(source, line + index, match[1]!);
    for (const inline of takeInlines(text, line).inlines) {
      const named =
        inline.kind === "binding"
          ? inline.name
          : inline.name === "code-var"
            ? asText(inline.props["name"])
            : undefined;
      if (named !== undefined && !vars.has(named)) tellVariable(source, inline, named);
    }
  }
}
