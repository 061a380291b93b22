import type { Measure } from "./measure.ts";

/** An aim for one measure, in its unit. */
export interface Aim {
  name: string;
  p50?: number;
  p95?: number;
  p99?: number;
}

const number = (value: number): string => value.toFixed(value < 10 ? 2 : 1);

/** Aligns rows of cells, the first row as heads; numbers to the right. */
export function table(rows: string[][]): string {
  const widths = rows[0]!.map((_, at) => Math.max(...rows.map((row) => (row[at] ?? "").length)));
  const right = rows[0]!.map((_, at) => rows.slice(1).every((row) => /^[\d.,-]*$/.test(row[at]!)));
  return rows
    .map((row) =>
      row
        .map((cell, at) => (right[at] ? cell.padStart(widths[at]!) : cell.padEnd(widths[at]!)))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** Whether a measure keeps its aims: an empty text when none is set. */
function verdict(measure: Measure, aims: Aim[]): string {
  const aim = aims.find((one) => one.name === measure.name);
  if (!aim) return "";
  return (["p50", "p95", "p99"] as const)
    .flatMap((key) =>
      aim[key] === undefined
        ? []
        : [`${key} ≤ ${aim[key]} ${measure[key] <= aim[key] ? "met" : "MISSED"}`],
    )
    .join(", ");
}

/** Measures for people. */
export function measuresTable(measures: Measure[], aims: Aim[] = []): string {
  return table([
    ["MEASURE", "UNIT", "N", "P50", "P95", "P99", "BASELINE", "P50", "RATIO", "AIM"],
    ...measures.map((one) => [
      one.name,
      one.unit,
      String(one.n),
      number(one.p50),
      number(one.p95),
      number(one.p99),
      one.baseline.name,
      number(one.baseline.p50),
      number(one.ratio),
      verdict(one, aims),
    ]),
  ]);
}

/** Measures for programs: one line, one object. */
export function measuresJson(measures: Measure[]): string {
  return JSON.stringify({ measures });
}
