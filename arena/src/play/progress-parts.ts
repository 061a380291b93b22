/** More tasks than this are one bar: their cells would be too narrow to be told apart, as nodes of the graph fold from here on. */
export const MOST_CELLS = 14;

/** How many tasks are in each state that a header tells apart, in the order in which a bar shows them. */
export function progressParts(
  states: readonly number[],
): { mark: "c" | "f" | "r"; count: number }[] {
  const marks = [
    ["c", 40],
    ["f", 35],
    ["r", 30],
  ] as const;
  return marks
    .map(([mark, code]) => ({ mark, count: states.filter((state) => state === code).length }))
    .filter(({ count }) => count > 0);
}
