import { readFileSync, realpathSync, writeFileSync } from "node:fs";
import type { Problem } from "./model.ts";

/**
 * Applies the edits that problems carry, from the end of each file to its beginning, so that places
 * stay true. @returns how many were applied.
 */
export function applyFixes(problems: readonly Problem[]): number {
  const byFile = Map.groupBy(
    problems.filter(({ edit }) => edit),
    ({ file }) => file,
  );
  let count = 0;
  for (const [file, list] of byFile) {
    const lines = readFileSync(file, "utf8").split("\n");
    const edits = list
      .map(({ edit }) => edit!)
      .sort((a, b) => b.line - a.line || b.remove - a.remove);
    let last = Number.POSITIVE_INFINITY;
    for (const { line, remove, insert } of edits) {
      // Two edits of one place: the next round sees what the first one left.
      if (line + remove > last) continue;
      lines.splice(line - 1, remove, ...insert);
      last = line;
      count++;
    }
    writeFileSync(realpathSync(file), lines.join("\n"));
  }
  return count;
}
