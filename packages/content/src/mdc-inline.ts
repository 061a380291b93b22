import { Verbatim } from "./mdc.ts";
import { inlineProps, type Props } from "./mdc-props.ts";

/** An inline component, or `{{ vars.NAME || 'fallback' }}` (spec 8.5). */
export type MdcInline =
  | { kind: "component"; name: string; props: Props; text: string; line: number; column: number }
  | { kind: "binding"; name: string; fallback: string; line: number; column: number };

/** They stand around an index where an inline component was: characters of private use, kept by Markdown. */
export const INLINE_START = "\uE000";
export const INLINE_END = "\uE001";
/** An inline component's place in rendered text; the first group is its index. */
export const INLINE_MARK = /\uE000(\d+)\uE001/g;

/** Inline components of one text; more stay text. */
const MAX_INLINES = 2_000;

const COMPONENT =
  /:([a-z][a-z0-9]*(?:-[a-z0-9]+)*)(?:\[([^\]\n]{0,1000})\](?:\{((?:"[^"\n]*"|'[^'\n]*'|[^"'{}\n]){0,2000})\})?|\{((?:"[^"\n]*"|'[^'\n]*'|[^"'{}\n]){0,2000})\})/y;
const BINDING =
  /\{\{[ \t]*vars\.([A-Za-z_][A-Za-z0-9_]*)[ \t]*(?:\|\|[ \t]*'([^'\n]{0,1000})'[ \t]*)?\}\}/y;

/**
 * Takes the inline components out of Markdown; where each was stands a mark with its index. One begins
 * at the start of a line, after white space or an opening bracket, and `{` or `[` follows its name
 * directly: `host:80`, `10:30` and a lone `:word` stay text. Nothing in code or comments is looked at.
 */
export function takeInlines(
  markdown: string,
  firstLine = 1,
): { markdown: string; inlines: MdcInline[] } {
  const inlines: MdcInline[] = [];
  const verbatim = new Verbatim();
  const out: string[] = [];
  let paragraph: { text: string; line: number }[] = [];
  const flush = () => {
    if (paragraph.length)
      out.push(
        ...takeFrom(
          paragraph.map(({ text }) => text).join("\n"),
          paragraph[0]!.line,
          inlines,
        ).split("\n"),
      );
    paragraph = [];
  };
  for (const [index, raw] of markdown.split("\n").entries()) {
    const line = raw.replace(/[\uE000\uE001]/g, "\uFFFD");
    if (verbatim.takes(line, index)) {
      flush();
      out.push(line);
    } else {
      // A code span never goes beyond its paragraph.
      if (!line.trim()) flush();
      paragraph.push({ text: line, line: firstLine + index });
    }
  }
  flush();
  return { markdown: out.join("\n"), inlines };
}

/** Ends of code spans by the place of their opening backticks. */
function codeSpans(text: string): Map<number, number> {
  const runs = [...text.matchAll(/`+/g)].map((match) => ({
    at: match.index,
    length: match[0].length,
  }));
  const byLength = Map.groupBy(runs, (run) => run.length);
  const spans = new Map<number, number>();
  const next = new Map<number, number>();
  let free = 0;
  for (const run of runs) {
    const same = byLength.get(run.length)!;
    let position = next.get(run.length) ?? 0;
    while (position < same.length && same[position]!.at <= run.at) position++;
    next.set(run.length, position);
    if (run.at < free) continue;
    const end = same[position];
    if (!end || (run.at > 0 && text[run.at - 1] === "\\")) continue;
    free = end.at + end.length;
    spans.set(run.at, free);
  }
  return spans;
}

function takeFrom(text: string, firstLine: number, inlines: MdcInline[]): string {
  const spans = codeSpans(text);
  let out = "";
  let line = firstLine;
  let lineStart = 0;
  for (let at = 0; at < text.length;) {
    const span = spans.get(at);
    if (span !== undefined) {
      out += text.slice(at, span);
      for (let one = at; one < span; one++)
        if (text[one] === "\n") {
          line++;
          lineStart = one + 1;
        }
      at = span;
      continue;
    }
    const char = text[at]!;
    if (char === "\n") {
      line++;
      lineStart = at + 1;
    }
    const place = { line, column: at - lineStart + 1 };
    let found: MdcInline | undefined;
    let length = 0;
    if (char === ":" && (at === 0 || /[\s([{]/.test(text[at - 1]!))) {
      COMPONENT.lastIndex = at;
      const match = COMPONENT.exec(text);
      if (match) {
        length = match[0].length;
        found = {
          kind: "component",
          name: match[1]!,
          props: inlineProps(match[3] ?? match[4] ?? ""),
          text: match[2] ?? "",
          ...place,
        };
      }
    } else if (char === "{" && text[at + 1] === "{") {
      BINDING.lastIndex = at;
      const match = BINDING.exec(text);
      if (match) {
        length = match[0].length;
        found = { kind: "binding", name: match[1]!, fallback: match[2] ?? "", ...place };
      }
    }
    if (found && inlines.length < MAX_INLINES) {
      out += `${INLINE_START}${inlines.length}${INLINE_END}`;
      inlines.push(found);
      at += length;
    } else {
      out += char;
      at++;
    }
  }
  return out;
}
