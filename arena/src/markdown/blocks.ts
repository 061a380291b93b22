/** Markdown text, or a component with its props and slots. */
export type Block =
  | { kind: "text"; text: string }
  | {
      kind: "component";
      name: string;
      props: Record<string, string>;
      slots: Record<string, Block[]>;
    };

const OPEN = /^:{2,}([a-z][\w-]*)(?:\{(.*)\})?\s*$/;
const CLOSE = /^:{2,}\s*$/;
const SLOT = /^#([A-Za-z][\w-]*)\s*$/;

interface Frame {
  name: string;
  props: Record<string, string>;
  slots: Record<string, Block[]>;
  slot: string;
  lines: string[];
}

function flush(frame: Frame): void {
  const text = frame.lines.join("\n");
  frame.lines = [];
  if (text.trim()) (frame.slots[frame.slot] ??= []).push({ kind: "text", text });
}

/** Splits a body into Markdown and components (spec 8.1); nothing inside fenced code is looked at. */
export function parseBlocks(body: string): Block[] {
  const lines = body.split("\n");
  const root: Frame = { name: "", props: {}, slots: {}, slot: "default", lines: [] };
  const stack = [root];
  let fence = "";
  const pop = () => {
    const frame = stack.pop()!;
    flush(frame);
    const parent = stack.at(-1)!;
    (parent.slots[parent.slot] ??= []).push({
      kind: "component",
      name: frame.name,
      props: frame.props,
      slots: frame.slots,
    });
  };
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index]!;
    const top = stack.at(-1)!;
    const mark = /^\s*(```|~~~)/.exec(line)?.[1];
    if (mark) fence = fence ? (fence === mark ? "" : fence) : mark;
    const open = fence || mark ? null : OPEN.exec(line.trim());
    if (open) {
      flush(top);
      const props: Record<string, string> = {};
      for (const match of (open[2] ?? "").matchAll(/:?([\w-]+)=(?:"([^"]*)"|'([^']*)'|(\S+))/g))
        props[match[1]!] = match[2] ?? match[3] ?? match[4] ?? "";
      if (lines[index + 1]?.trim() === "---") {
        for (index += 2; index < lines.length && lines[index]!.trim() !== "---"; index++) {
          const pair = /^\s*:?([\w-]+):\s*(.*)$/.exec(lines[index]!);
          if (pair) props[pair[1]!] = pair[2]!.replace(/^(["'])(.*)\1$/, "$2");
        }
      }
      stack.push({ name: open[1]!, props, slots: {}, slot: "default", lines: [] });
    } else if (!fence && !mark && CLOSE.test(line.trim()) && stack.length > 1) pop();
    else if (!fence && !mark && stack.length > 1 && SLOT.test(line)) {
      flush(top);
      top.slot = SLOT.exec(line)![1]!;
    } else top.lines.push(line);
  }
  while (stack.length > 1) pop();
  flush(root);
  return root.slots["default"] ?? [];
}
