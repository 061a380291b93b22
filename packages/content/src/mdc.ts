import { inlineProps, readProps, type Props } from "./mdc-props.ts";

/** Markdown between components, as written. */
export interface MdcText {
  kind: "text";
  text: string;
  /** Line of its first character, 1-based in the file. */
  line: number;
}

/** A block component (spec 8.1). */
export interface MdcComponent {
  kind: "component";
  name: string;
  /** Values as YAML gives them; one leading `:` of a key is gone. */
  props: Props;
  /** By name; what stands before the first slot line is `default`. Empty slots are missing. */
  slots: Record<string, MdcNode[]>;
  /** Line of `::name`, of the first line after its props, and of its close (or one after the last line). */
  line: number;
  contentLine: number;
  endLine: number;
}

export type MdcNode = MdcText | MdcComponent;

/** Something odd that was read anyhow. */
export interface MdcProblem {
  what: "unclosed" | "unclosed-fence" | "props" | "stray-close" | "depth" | "count";
  name: string;
  line: number;
}

/** Components inside each other, and in one body; what is beyond stays text. */
const MAX_DEPTH = 40;
const MAX_COMPONENTS = 5_000;

const OPEN = /^(:{2,})([a-zA-Z][\w-]*)[ \t]*(?:\{(.*)\})?[ \t]*$/;
const CLOSE = /^(:{2,})[ \t]*$/;
const SLOT = /^#([A-Za-z][\w-]*)[ \t]*$/;
/** A fence opens; of one made of backticks the rest of the line has none. */
const FENCE = /^[ \t]*(?:(`{3,})[^`]*|(~{3,}).*)$/;

interface Frame {
  component: MdcComponent;
  colons: number;
  slot: string;
  lines: string[];
  textLine: number;
}

/** Follows fenced code and HTML comments line by line: nothing in them is interpreted. */
export class Verbatim {
  #fence = "";
  #comment = false;
  /** Line that opened what is open now. */
  openedAt = 0;

  get inFence(): boolean {
    return this.#fence !== "";
  }

  /** Whether a line is code, a fence or a comment, and so no syntax. */
  takes(line: string, number: number): boolean {
    if (this.#fence) {
      const mark = /^[ \t]*(`{3,}|~{3,})[ \t]*$/.exec(line)?.[1];
      if (mark && mark[0] === this.#fence[0] && mark.length >= this.#fence.length) this.#fence = "";
      return true;
    }
    if (this.#comment) {
      if (line.includes("-->")) this.#comment = false;
      return true;
    }
    const fence = FENCE.exec(line);
    if (fence) {
      this.#fence = (fence[1] ?? fence[2])!;
      this.openedAt = number;
      return true;
    }
    const comment = line.trimStart();
    if (comment.startsWith("<!--")) {
      this.#comment = !comment.includes("-->", 4);
      return true;
    }
    return false;
  }
}

/**
 * Splits a body into Markdown and components. Never throws: what is open at the end is closed there,
 * what is malformed is told in `problems` and stays readable. A `::name` inside an open component opens
 * a child; a bare `::` closes the innermost one, and a longer close the innermost one opened with as
 * many colons, if there is any.
 */
export function parseMdc(
  body: string,
  firstLine = 1,
): { nodes: MdcNode[]; problems: MdcProblem[] } {
  const lines = body.split(/\r?\n/);
  const problems: MdcProblem[] = [];
  const frame = (component: MdcComponent, colons: number): Frame => ({
    component,
    colons,
    slot: "default",
    lines: [],
    textLine: 0,
  });
  const root = frame(
    { ...blank, props: {}, slots: Object.create(null) as Record<string, MdcNode[]> },
    0,
  );
  const stack = [root];
  const verbatim = new Verbatim();
  let count = 0;

  const slotOf = ({ component, slot }: Frame) => (component.slots[slot] ??= []);
  const flush = (top: Frame) => {
    const text = top.lines.join("\n");
    top.lines = [];
    if (text.trim()) slotOf(top).push({ kind: "text", text, line: top.textLine });
  };
  const close = (line: number) => {
    const top = stack.pop()!;
    flush(top);
    top.component.endLine = line;
    slotOf(stack.at(-1)!).push(top.component);
  };
  const unclosed = ({ component }: Frame) =>
    problems.push({ what: "unclosed", name: component.name, line: component.line });

  for (let index = 0; index < lines.length; index++) {
    const line = lines[index]!;
    const number = firstLine + index;
    const top = stack.at(-1)!;
    const taken = verbatim.takes(line, number);
    const text = line.trim();
    const open = taken ? null : OPEN.exec(text);
    if (open && stack.length <= MAX_DEPTH && count < MAX_COMPONENTS) {
      count++;
      flush(top);
      const name = open[2]!;
      const block = readProps(lines, index + 1);
      if (block.problem !== undefined)
        problems.push({ what: "props", name, line: firstLine + block.problem });
      stack.push(
        frame(
          {
            kind: "component",
            name,
            props: { ...inlineProps(open[3] ?? ""), ...block.props },
            slots: Object.create(null) as Record<string, MdcNode[]>,
            line: number,
            contentLine: firstLine + block.next,
            endLine: 0,
          },
          open[1]!.length,
        ),
      );
      index = block.next - 1;
      continue;
    }
    if (open)
      problems.push({
        what: count < MAX_COMPONENTS ? "depth" : "count",
        name: open[2]!,
        line: number,
      });
    const closes = taken ? null : CLOSE.exec(text);
    if (closes && stack.length > 1) {
      const colons = closes[1]!.length;
      const same = colons > 2 ? stack.findLastIndex((one) => one.colons === colons) : -1;
      if (same > 0)
        while (stack.length > same + 1) {
          unclosed(stack.at(-1)!);
          close(number);
        }
      close(number);
      continue;
    }
    if (closes) problems.push({ what: "stray-close", name: "", line: number });
    const slot = taken || stack.length === 1 ? null : SLOT.exec(text);
    if (slot) {
      flush(top);
      top.slot = slot[1]!;
      continue;
    }
    if (top.lines.length === 0) top.textLine = number;
    top.lines.push(line);
  }
  if (verbatim.inFence)
    problems.push({ what: "unclosed-fence", name: "", line: verbatim.openedAt });
  while (stack.length > 1) {
    unclosed(stack.at(-1)!);
    close(firstLine + lines.length);
  }
  flush(root);
  problems.sort((a, b) => a.line - b.line);
  return { nodes: root.component.slots["default"] ?? [], problems };
}

const blank = { kind: "component", name: "", line: 0, contentLine: 0, endLine: 0 } as const;

/** All components of a body, outer ones before what they hold. */
export function* components(nodes: readonly MdcNode[]): Generator<MdcComponent> {
  for (const node of nodes)
    if (node.kind === "component") {
      yield node;
      for (const slot of Object.values(node.slots)) yield* components(slot);
    }
}

/** All Markdown of a body, in order. */
export function* texts(nodes: readonly MdcNode[]): Generator<MdcText> {
  for (const node of nodes)
    if (node.kind === "text") yield node;
    else for (const slot of Object.values(node.slots)) yield* texts(slot);
}
