import { parseDocument } from "yaml";

/** Props of a component by name. It has no prototype: a prop may be called anything. */
export type Props = Record<string, unknown>;

/** Lines and characters of a props block; a longer one is none. */
const MAX_LINES = 500;
const MAX_LENGTH = 50_000;

const empty = (): Props => Object.create(null) as Props;

/** `:name` → `name`, at every depth: the colon only says that a value is bound (spec 8.1). */
function unbound(value: unknown, depth = 0): unknown {
  if (Array.isArray(value)) return value.map((one) => unbound(one, depth + 1));
  if (typeof value !== "object" || value === null || depth > 20) return value;
  const out = empty();
  for (const [key, one] of Object.entries(value))
    out[key.replace(/^:/, "")] = unbound(one, depth + 1);
  return out;
}

/**
 * Reads the YAML between `---` lines that begins at line `from`. `next` is the first line after it;
 * `problem` the line of what is no YAML map: of such a block each `key: value` line counts by itself.
 */
export function readProps(
  lines: readonly string[],
  from: number,
): { props: Props; next: number; problem?: number } {
  if (lines[from]?.trim() !== "---") return { props: empty(), next: from };
  let end = from + 1;
  while (end < lines.length && end - from <= MAX_LINES && lines[end]!.trim() !== "---") end++;
  if (lines[end]?.trim() !== "---") return { props: empty(), next: from, problem: from };
  const block = lines.slice(from + 1, end);
  const text = block.join("\n");
  const next = end + 1;
  if (text.length > MAX_LENGTH) return { props: empty(), next, problem: from };
  try {
    const document = parseDocument(text, { prettyErrors: true });
    const [error] = document.errors;
    if (error)
      return {
        props: lineByLine(block),
        next,
        problem: from + (error.linePos?.[0].line ?? 1),
      };
    const data: unknown = document.toJS({ maxAliasCount: 20 });
    if (data === null) return { props: empty(), next };
    if (typeof data !== "object" || Array.isArray(data))
      return { props: empty(), next, problem: from + 1 };
    return { props: unbound(data) as Props, next };
  } catch {
    // Nested too deep, or aliases that multiply.
    return { props: empty(), next, problem: from };
  }
}

function lineByLine(block: readonly string[]): Props {
  const props = empty();
  for (const line of block) {
    const pair = /^[ \t]*:?([\w-]+):[ \t]+(.*)$/.exec(line);
    if (pair) props[pair[1]!] = pair[2]!.trim().replace(/^(["'])(.*)\1$/, "$2");
  }
  return props;
}

/** `{key=value key='text' :flag=true flag #id .class}`; only a key with a colon is more than text. */
export function inlineProps(text: string): Props {
  const props = empty();
  const pair = /(:?)([A-Za-z_][\w-]*)(?:=(?:"([^"]*)"|'([^']*)'|([^\s"'}]+)))?|([#.])([\w-]+)/g;
  for (const [, bound, key, double, single, bare, mark, word] of text.matchAll(pair)) {
    if (mark === "#") props["id"] = word;
    else if (mark)
      props["class"] = [props["class"], word].filter((one) => one !== undefined).join(" ");
    else if (key) {
      const value = double ?? single ?? bare;
      props[key] = value === undefined ? true : bound ? literal(value) : value;
    }
  }
  return props;
}

function literal(text: string): unknown {
  if (text === "true" || text === "false") return text === "true";
  return /^-?\d{1,15}(\.\d{1,10})?$/.test(text) ? Number(text) : text;
}
