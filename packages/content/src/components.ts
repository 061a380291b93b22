import { parse } from "yaml";
import type { Hint } from "./model.ts";
import { asMap, asText } from "./value.ts";

/** One `::simple-task` or `::user-input-task` of a body. */
export interface TaskComponent {
  name: string;
  title: string;
  input: boolean;
  validateRegex: string;
  destination: string;
  line: number;
}

interface Open {
  name: string;
  props: Record<string, unknown>;
  line: number;
  start: number;
  text: string[];
}

const OPEN = /^:{2,}([a-z][\w-]*)(?:\{(.*)\})?\s*$/;
const CLOSE = /^:{2,}\s*$/;
const FENCE = /^\s*(```+|~~~+)/;

function inlineProps(text: string): Record<string, unknown> {
  return Object.fromEntries(
    [...text.matchAll(/:?([\w-]+)=(?:"([^"]*)"|'([^']*)'|(\S+))/g)].map((match) => [
      match[1]!,
      match[2] ?? match[3] ?? match[4],
    ]),
  );
}

/** Reads props written between `---` lines right after the opening line. */
function blockProps(
  lines: string[],
  from: number,
): { props: Record<string, unknown>; next: number } {
  if (lines[from]?.trim() !== "---") return { props: {}, next: from };
  const end = lines.findIndex((line, index) => index > from && line.trim() === "---");
  if (end < 0) return { props: {}, next: from };
  let data: Record<string, unknown> = {};
  try {
    data = asMap(
      parse(
        lines
          .slice(from + 1, end)
          .join("\n")
          .replace(/^(\s*):/gm, "$1"),
      ),
    );
  } catch {
    // Malformed props: the component stays without them, and a missing task name is told by the caller.
  }
  return { props: data, next: end + 1 };
}

function taskOf(open: Open): TaskComponent {
  const parts = open.text.join("\n").split(/^#(\w[\w-]*)\s*$/m);
  const at = parts.indexOf("active");
  const text = (at >= 0 ? parts[at + 1]! : parts[0]!).trim().split("\n")[0] ?? "";
  return {
    name: asText(open.props["name"]),
    title: text.replace(/[*_`]/g, "").slice(0, 80),
    input: open.name === "user-input-task",
    validateRegex: asText(open.props["validateRegex"]),
    destination: asText(open.props["destination"]),
    line: open.line,
  };
}

/**
 * Finds the task components of a body and takes the hint bodies out of it.
 * Nothing is interpreted inside fenced code; `::name` nests, a bare `::` closes the innermost.
 */
export function readBody(
  body: string,
  firstLine: number,
): {
  body: string;
  tasks: TaskComponent[];
  hints: Hint[];
  unclosed: { name: string; line: number }[];
} {
  const lines = body.split("\n");
  const out: string[] = [];
  const tasks: TaskComponent[] = [];
  const hints: Hint[] = [];
  const stack: Open[] = [];
  let fence = "";
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index]!;
    const mark = FENCE.exec(line)?.[1];
    if (mark && !fence) fence = mark[0]!.repeat(3);
    else if (mark && line.trim().startsWith(fence)) fence = "";
    const inHint = stack.find((open) => open.name === "hint-box");
    const open = fence || mark ? null : OPEN.exec(line.trim());
    if (open) {
      const { props, next } = blockProps(lines, index + 1);
      const component: Open = {
        name: open[1]!,
        props: { ...inlineProps(open[2] ?? ""), ...props },
        line: firstLine + index,
        start: index,
        text: [],
      };
      stack.push(component);
      if (component.name === "hint-box" && !inHint) {
        hints.push({
          id: `hint-${hints.length + 1}`,
          title: asText(component.props["summary"]) || `Hint ${hints.length + 1}`,
          body: "",
        });
        out.push(`::hint-box{id=${hints.at(-1)!.id}}`);
      } else if (inHint) inHint.text.push(...lines.slice(index, next));
      else out.push(...lines.slice(index, next));
      index = next - 1;
      continue;
    }
    if (!fence && !mark && CLOSE.test(line.trim()) && stack.length) {
      const closed = stack.pop()!;
      if (closed === inHint) {
        hints.at(-1)!.body = closed.text.join("\n").trim();
        out.push("::");
        continue;
      }
      if (closed.name === "simple-task" || closed.name === "user-input-task") {
        tasks.push(taskOf(closed));
      }
      (inHint ? inHint.text : out).push(line);
      continue;
    }
    stack.at(-1)?.text.push(line);
    if (inHint && stack.at(-1) !== inHint) inHint.text.push(line);
    if (!inHint) out.push(line);
  }
  for (const open of stack) {
    if (open.name === "simple-task" || open.name === "user-input-task") tasks.push(taskOf(open));
    if (open.name === "hint-box" && hints.length && !hints.at(-1)!.body) {
      hints.at(-1)!.body = open.text.join("\n").trim();
      out.push("::");
    }
  }
  return {
    body: out.join("\n"),
    tasks,
    hints,
    unclosed: stack.map(({ name, line }) => ({ name, line })),
  };
}
