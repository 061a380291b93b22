import type { Problem } from "./model.ts";

/** One problem for a terminal: place, what is wrong, the line with a caret, what would be right. */
export function showProblem(problem: Problem, file = problem.file, color = false): string {
  const paint = (code: number, text: string) => (color ? `\u001b[${code}m${text}\u001b[0m` : text);
  const { line, column, severity, code, message, fix, excerpt } = problem;
  const out = [
    `${paint(1, `${file}:${line}:${column}`)} ${paint(severity === "error" ? 31 : 33, severity)} ${code} ${message}`,
  ];
  if (excerpt?.trim()) {
    const number = String(line);
    const shown = excerpt.replaceAll("\t", " ");
    const caret = Math.max(0, Math.min(column - 1, shown.length));
    out.push(`  ${paint(2, `${number} |`)} ${shown}`);
    out.push(
      `  ${paint(2, `${" ".repeat(number.length)} |`)} ${" ".repeat(caret)}${paint(31, "^")}`,
    );
  }
  out.push(`  ${paint(2, "→")} ${fix}`);
  return out.join("\n");
}
