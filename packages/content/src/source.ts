import {
  isCollection,
  isMap,
  isScalar,
  LineCounter,
  parseDocument,
  type Document,
  type Node,
} from "yaml";
import type { Place, Problem } from "./model.ts";

/** One authored file: its YAML with positions, its Markdown, and what was found wrong with it. */
export class Source {
  readonly file: string;
  readonly body: string;
  readonly document: Document;
  readonly data: Record<string, unknown>;
  readonly problems: Problem[] = [];
  readonly #counter = new LineCounter();
  readonly #lineOffset: number;
  readonly bodyLine: number;

  /** @param text the whole file; `markdown` false = a plain YAML manifest. */
  constructor(file: string, text: string, markdown: boolean) {
    this.file = file;
    const lines = text.split("\n");
    let yaml = text;
    let body = "";
    this.#lineOffset = 0;
    this.bodyLine = 1;
    if (markdown) {
      const end =
        lines[0]?.trimEnd() === "---"
          ? lines.findIndex((line, index) => index > 0 && line.trimEnd() === "---")
          : -1;
      if (end < 0) {
        this.problem(
          { line: 1, column: 1 },
          "error",
          lines[0]?.trimEnd() === "---"
            ? "the front matter is never closed"
            : "there is no front matter",
          "begin the file with a line ---, YAML, and a second line ---",
        );
        yaml = "";
        body = text;
      } else {
        yaml = lines.slice(1, end).join("\n") + "\n";
        body = lines.slice(end + 1).join("\n");
        this.#lineOffset = 1;
        this.bodyLine = end + 2;
      }
    }
    this.body = body;
    this.document = parseDocument(yaml, { lineCounter: this.#counter, prettyErrors: false });
    for (const error of this.document.errors)
      this.problem(
        this.#at(error.pos[0]),
        "error",
        `malformed YAML: ${error.message}`,
        "check indentation, quotes and colons on this line",
      );
    const data: unknown = this.document.errors.length
      ? {}
      : this.document.toJS({ maxAliasCount: 50 });
    this.data =
      typeof data === "object" && data !== null && !Array.isArray(data)
        ? (data as Record<string, unknown>)
        : {};
  }

  #at(offset: number): { line: number; column: number } {
    const { line, col } = this.#counter.linePos(offset);
    return { line: line + this.#lineOffset, column: col };
  }

  /** Where the value at a path stands; the nearest known parent when the path has no node. */
  place(path: (string | number)[]): Place {
    for (let length = path.length; length > 0; length--) {
      const node = this.document.getIn(path.slice(0, length), true) as Node | undefined;
      if (!node?.range) continue;
      // Of a map or list the author knows its key, not its first entry.
      const key = isCollection(node) ? this.#key(path.slice(0, length)) : undefined;
      return { file: this.file, ...this.#at(key ?? node.range[0]) };
    }
    return { file: this.file, line: 1 + this.#lineOffset, column: 1 };
  }

  /** A scalar as the author wrote it, without quotes. */
  written(path: (string | number)[]): string {
    const node = this.document.getIn(path, true);
    return isScalar(node) ? (node.source ?? String(node.value)).trim() : "";
  }

  #key(path: (string | number)[]): number | undefined {
    const parent =
      path.length > 1 ? this.document.getIn(path.slice(0, -1), true) : this.document.contents;
    if (!isMap(parent)) return undefined;
    const pair = parent.items.find(({ key }) => isScalar(key) && key.value === path.at(-1));
    return isScalar(pair?.key) ? pair.key.range?.[0] : undefined;
  }

  problem(
    where: { line: number; column: number },
    severity: Problem["severity"],
    message: string,
    fix: string,
  ): void {
    this.problems.push({
      file: this.file,
      line: where.line,
      column: where.column,
      severity,
      message,
      fix,
    });
  }

  error(path: (string | number)[], message: string, fix: string): void {
    this.problem(this.place(path), "error", message, fix);
  }

  warn(path: (string | number)[], message: string, fix: string): void {
    this.problem(this.place(path), "warning", message, fix);
  }

  get failed(): boolean {
    return this.problems.some((problem) => problem.severity === "error");
  }
}
