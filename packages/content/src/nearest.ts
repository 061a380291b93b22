/** How many letters two words differ by: inserted, left out, changed, or two neighbours exchanged. */
function distance(a: string, b: string): number {
  const rows = Array.from({ length: a.length + 1 }, (_, at) =>
    Array.from({ length: b.length + 1 }, (__, to) => (at === 0 ? to : to === 0 ? at : 0)),
  );
  for (let at = 1; at <= a.length; at++)
    for (let to = 1; to <= b.length; to++) {
      const same = a[at - 1] === b[to - 1];
      let best = Math.min(
        rows[at - 1]![to]! + 1,
        rows[at]![to - 1]! + 1,
        rows[at - 1]![to - 1]! + (same ? 0 : 1),
      );
      if (at > 1 && to > 1 && a[at - 1] === b[to - 2] && a[at - 2] === b[to - 1])
        best = Math.min(best, rows[at - 2]![to - 2]! + 1);
      rows[at]![to] = best;
    }
  return rows[a.length]![b.length]!;
}

/** Longest word that is compared: names and keys are shorter. */
const LONGEST = 60;

/** The known word that a misspelt one was probably meant to be, or undefined. */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  if (word.length > LONGEST) return undefined;
  // Of short words nearly every other one is near.
  let best = Math.min(2, Math.floor(word.length / 3));
  let found: string | undefined;
  for (const one of known) {
    if (Math.abs(one.length - word.length) > best) continue;
    const far = distance(word, one);
    if (far > best || (found !== undefined && far === best)) continue;
    best = far;
    found = one;
  }
  return found;
}
