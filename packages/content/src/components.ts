import {
  components,
  parseMdc,
  texts,
  type MdcComponent,
  type MdcNode,
  type MdcProblem,
} from "./mdc.ts";
import type { Hint } from "./model.ts";
import type { Source } from "./source.ts";
import { asText } from "./value.ts";

/** One `::simple-task` or `::user-input-task` of a body. */
export interface TaskComponent {
  name: string;
  title: string;
  input: boolean;
  validateRegex: string;
  destination: string;
  line: number;
  /** The file that shows it, when that is not the one with the tasks. */
  source?: Source;
}

/** What a body holds besides its text. */
export interface Body {
  /** Markdown; where hints were taken out, `::hint-box{id=hint-1}` and `::` stay. */
  body: string;
  nodes: MdcNode[];
  tasks: TaskComponent[];
  hints: Hint[];
  problems: MdcProblem[];
}

/** Longest title of a task. */
const TITLE = 80;

/** As much of a title as a node's detail has place for, cut between two words. */
function shortened(text: string): string {
  if (text.length <= TITLE) return text;
  const cut = text.slice(0, TITLE - 1);
  return `${cut.slice(0, cut.lastIndexOf(" ") > TITLE / 2 ? cut.lastIndexOf(" ") : TITLE - 1)}…`;
}

/** Marks of Markdown: code, a link, emphasis. A name such as verify_page is none. */
const MARKS = /(`+)(.+?)\1|\[([^\]]*)\]\([^)]*\)|\*+|(?<![\p{L}\p{N}])_+|_+(?![\p{L}\p{N}])/gu;

/** A line of Markdown without its marks. */
const words = (text: string): string =>
  text.replace(MARKS, (_, __, code?: string, link?: string) => code ?? (link ? words(link) : ""));

function taskOf(component: MdcComponent): TaskComponent {
  const slot = component.slots["active"] ?? component.slots["default"] ?? [];
  const text = [...texts(slot)][0]?.text.trim().split("\n")[0] ?? "";
  return {
    name: asText(component.props["name"]),
    title: shortened(words(text)),
    input: component.name === "user-input-task",
    validateRegex: asText(component.props["validateRegex"]),
    destination: asText(component.props["destination"]),
    line: component.line,
  };
}

/** Hint boxes that are in no other one, in order. */
function* hintBoxes(nodes: readonly MdcNode[]): Generator<MdcComponent> {
  for (const node of nodes) {
    if (node.kind === "text") continue;
    if (node.name === "hint-box") yield node;
    else for (const slot of Object.values(node.slots)) yield* hintBoxes(slot);
  }
}

/**
 * Finds the task components of a body. `secretHints` takes the text of hint boxes out of it: it is
 * given to a learner only on demand.
 */
export function readBody(body: string, firstLine: number, secretHints = true): Body {
  const { nodes, problems } = parseMdc(body, firstLine);
  const tasks = [...components(nodes)]
    .filter(({ name }) => name === "simple-task" || name === "user-input-task")
    .map(taskOf);
  const read = { nodes, tasks, problems };
  if (!secretHints) return { ...read, body, hints: [] };
  const lines = body.split(/\r?\n/);
  const out: string[] = [];
  const hints: Hint[] = [];
  let from = 0;
  for (const box of hintBoxes(nodes)) {
    const id = `hint-${hints.length + 1}`;
    const [start, content, end] = [box.line, box.contentLine, box.endLine].map(
      (line) => line - firstLine,
    ) as [number, number, number];
    hints.push({
      id,
      title: asText(box.props["summary"]) || `Hint ${hints.length + 1}`,
      body: lines.slice(content, end).join("\n").trim(),
    });
    out.push(...lines.slice(from, start), `::hint-box{id=${id}}`, "::");
    from = end + 1;
  }
  out.push(...lines.slice(from));
  return { ...read, body: out.join("\n"), hints };
}
