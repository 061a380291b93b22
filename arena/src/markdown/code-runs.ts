/** A piece of a line in one colour; empty = the text's own. */
export interface Piece {
  text: string;
  colour: string;
}

/** Names of the colours, by the letters that api sends (api/src/code-colours.ts). */
const COLOURS: Record<string, string> = {
  c: "comment",
  d: "deleted",
  e: "string-expression",
  f: "function",
  h: "changed",
  i: "inserted",
  k: "keyword",
  l: "link",
  n: "constant",
  p: "parameter",
  s: "string",
  u: "punctuation",
};

/** Lines of a code block in coloured pieces. What no run covers has no colour. */
export function piecesOf(text: string, runs: string): Piece[][] {
  const lines: Piece[][] = [[]];
  let at = 0;
  const add = (some: string, colour: string) => {
    for (const [index, piece] of some.split("\n").entries()) {
      if (index) lines.push([]);
      if (piece) lines.at(-1)!.push({ text: piece, colour });
    }
  };
  for (const [, length, letter] of runs.matchAll(/(\d+)([a-z-])/g)) {
    add(text.slice(at, at + Number(length)), COLOURS[letter!] ?? "");
    at += Number(length);
  }
  add(text.slice(at), "");
  return lines;
}
