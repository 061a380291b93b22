import { Parser, type CST } from "yaml";

const ENDS: Record<string, string> = { "[": "flow-seq-end", "{": "flow-map-end" };

/** A bracket that is never closed, or closed by one of the other kind. */
interface Open {
  bracket: string;
  offset: number;
}

/** Every such bracket of some YAML, in its order. */
function openBrackets(tokens: readonly string[]): Open[] {
  const found: Open[] = [];
  const walk = (token: CST.Token | null | undefined): void => {
    if (!token) return;
    if (token.type === "flow-collection") {
      const { source, offset } = token.start;
      // The reader closes what it gives up with a token of no text.
      const closed = token.end.some((end) => end.type === ENDS[source] && end.source !== "");
      if (!closed) found.push({ bracket: source, offset });
    }
    if ("items" in token)
      for (const item of token.items) {
        if ("key" in item) walk(item.key);
        walk(item.value);
      }
    if (token.type === "document") walk(token.value);
  };
  const parser = new Parser();
  const parsed = function* () {
    for (const token of tokens) yield* parser.next(token);
    yield* parser.end();
  };
  for (const token of parsed()) walk(token);
  return found;
}

/**
 * Where the brackets stand that a reader of YAML missed the ends of: it tells where it gave up, which may be
 * pages below.
 */
export class OpenBrackets {
  readonly #tokens: readonly string[];
  #open: Open[] | undefined;

  constructor(tokens: readonly string[]) {
    this.#tokens = tokens;
  }

  /** Takes the innermost one before a place that this bracket would close; undefined if there is none. */
  before(place: number, closing: string): number | undefined {
    this.#open ??= openBrackets(this.#tokens);
    const bracket = closing === "]" ? "[" : "{";
    const at = this.#open.findLastIndex((one) => one.bracket === bracket && one.offset < place);
    return at < 0 ? undefined : this.#open.splice(at, 1)[0]!.offset;
  }
}
