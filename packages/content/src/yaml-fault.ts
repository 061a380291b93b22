const UNCLOSED = /must (?:be sufficiently indented and )?end with a ([\]}])/;

/** The bracket that a reader of YAML missed, if that is what it complains about. */
export const missedBracket = (said: string): string | undefined => UNCLOSED.exec(said)?.[1];

/** What the reader of YAML says, and what people would say. The first whose pattern fits counts. */
const WORDS: [pattern: RegExp, message: (bracket: string) => string, fix: string][] = [
  [
    UNCLOSED,
    (bracket) =>
      `a ${bracket === "]" ? "[" : "{"} that was opened before this place is never closed`,
    "close it, or put a text that begins with it into quotes",
  ],
  [
    /All (?:mapping|sequence|collection) items must start at the same column/,
    () => "this line is indented differently from its neighbours",
    "begin it at their column",
  ],
  [
    /Nested mappings are not allowed|Implicit keys? need|Implicit map keys need/,
    () => 'a text holds ": ", or a key stands where none can',
    "put the text into quotes, or look at the indentation",
  ],
  [/Missing closing (.)quote/, () => "a quote is never closed", "close it at the end of the text"],
  [/[Tt]abs? /, () => "a tab stands where YAML wants blanks", "indent with blanks"],
  [
    /Plain value cannot start with/,
    () => "a text begins with a character that means something to YAML",
    "put the text into quotes",
  ],
  [
    /Invalid escape sequence/,
    () => "between double quotes a backslash begins an escape",
    "write two backslashes, or use single quotes",
  ],
];

/** Says in plain words what a reader of YAML complains about; its own words where none are known. */
export function yamlFault(said: string): { message: string; fix: string } {
  for (const [pattern, message, fix] of WORDS) {
    const found = pattern.exec(said);
    if (found) return { message: `malformed YAML: ${message(found[1] ?? "")}`, fix };
  }
  return {
    message: `malformed YAML: ${said}`,
    fix: "check indentation, quotes and colons on this line",
  };
}
