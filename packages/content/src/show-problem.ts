import type { Problem } from "./model.ts";

/** The line that a problem is about, with its number, and a caret below the place; empty where none is known. */
export function excerptOf({
  line,
  column,
  excerpt,
}: {
  line: number;
  column: number;
  excerpt?: string | null | undefined;
}): { number: string; text: string; caret: string } | undefined {
  if (!excerpt?.trim()) return undefined;
  const text = excerpt.replaceAll("\t", " ");
  const at = Math.max(0, Math.min(column - 1, text.length));
  return { number: String(line), text, caret: `${" ".repeat(at)}^` };
}

/** One problem for a terminal: place, what is wrong, the line with a caret, what would be right. */
export function showProblem(problem: Problem, file = problem.file, color = false): string {
  const paint = (code: number, text: string) => (color ? `\u001b[${code}m${text}\u001b[0m` : text);
  const { line, column, severity, code, message, fix } = problem;
  const out = [
    `${paint(1, `${file}:${line}:${column}`)} ${paint(severity === "error" ? 31 : 33, severity)} ${code ? `${code} ` : ""}${message}`,
  ];
  const shown = excerptOf(problem);
  if (shown) {
    const blank = " ".repeat(shown.number.length);
    out.push(`  ${paint(2, `${shown.number} |`)} ${shown.text}`);
    out.push(`  ${paint(2, `${blank} |`)} ${shown.caret.replace("^", paint(31, "^"))}`);
  }
  out.push(`  ${paint(2, "→")} ${fix}`);
  return out.join("\n");
}
