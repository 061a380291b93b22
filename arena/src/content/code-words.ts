/** A sentence with words in back-ticks, in pieces. */
export function inWords(text: string): { words: string; code: boolean }[] {
  return text
    .split("`")
    .map((words, at) => ({ words, code: at % 2 === 1 }))
    .filter(({ words }) => words);
}
