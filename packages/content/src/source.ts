import {
  Composer,
  isAlias,
  isCollection,
  isMap,
  isScalar,
  Lexer,
  LineCounter,
  parseDocument,
  Parser,
  visit,
  type Document,
  type Node,
  YAMLParseError,
} from "yaml";
import type { Code } from "./codes.ts";
import { LIMITS, type Files } from "./files.ts";
import type { Edit, Place, Problem } from "./model.ts";
import { OpenBrackets } from "./open-bracket.ts";
import { missedBracket, yamlFault } from "./yaml-fault.ts";

/** Bounds of one file's YAML, and of what is told about one file. */
const MAX_YAML = 400_000;
const MAX_NESTING = 60;
const MAX_ALIASES = 200;
const MAX_PROBLEMS = 200;
const MAX_EXCERPT = 200;

/** Key of an object's prototype: no author means it. */
const RESERVED = new Set(["__proto__"]);

/** One authored file: its YAML with positions, its Markdown, and what was found wrong with it. */
export class Source {
  readonly files: Files;
  /** Relative to the content's folder, and as it is shown. */
  readonly path: string;
  readonly file: string;
  readonly body: string;
  readonly document: Document;
  readonly data: Record<string, unknown>;
  readonly problems: Problem[] = [];
  /** Why no play of it can be started here: what was asked and is not there. */
  unavailable = "";
  readonly bodyLine: number;
  readonly hasFrontMatter: boolean;
  readonly #counter = new LineCounter();
  readonly #lines: string[];
  readonly #lineOffset: number;

  /** @param markdown false = a plain YAML manifest; `bare` = front matter may be missing. */
  constructor(files: Files, path: string, markdown: boolean, bare = false) {
    this.files = files;
    this.path = path;
    this.file = files.root ? `${files.root}/${path}` : path;
    const text = this.#read();
    const lines = text.split("\n");
    this.#lines = lines;
    let yaml = text;
    let body = "";
    this.#lineOffset = 0;
    this.bodyLine = 1;
    this.hasFrontMatter = !markdown || lines[0]?.trimEnd() === "---";
    if (markdown) {
      const end = this.hasFrontMatter
        ? lines.findIndex((line, index) => index > 0 && line.trimEnd() === "---")
        : -1;
      if (end < 0) {
        if (this.hasFrontMatter || !bare)
          this.problem(
            "AG002",
            { line: 1, column: 1 },
            "error",
            this.hasFrontMatter ? "the front matter is never closed" : "there is no front matter",
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
    const { document, data } = this.#parse(yaml);
    this.document = document;
    this.data = data;
  }

  #read(): string {
    const start = { line: 1, column: 1 };
    try {
      if (this.files.size(this.path) > LIMITS.text) {
        this.problem(
          "AG004",
          start,
          "error",
          `the file is larger than ${LIMITS.text} bytes`,
          "split the text; large files belong into __static__",
        );
        return "---\n---\n";
      }
      return this.files.read(this.path).toString("utf8");
    } catch (error) {
      this.problem(
        "AG008",
        start,
        "error",
        `the file could not be read: ${(error as Error).message}`,
        "check the file and its permissions",
      );
      return "---\n---\n";
    }
  }

  #parse(yaml: string): { document: Document; data: Record<string, unknown> } {
    const nothing = () => ({ document: parseDocument(""), data: {} });
    if (yaml.length > MAX_YAML) {
      this.problem(
        "AG004",
        { line: 1, column: 1 },
        "error",
        `there are more than ${MAX_YAML} characters of YAML`,
        "move what is large into files of __static__",
      );
      return nothing();
    }
    const tokens: string[] = [];
    const deep = tooDeep(yaml, tokens);
    if (deep !== undefined) {
      this.problem(
        "AG005",
        { line: deep + this.#lineOffset, column: 1 },
        "error",
        `YAML is nested more than ${MAX_NESTING} levels`,
        "content needs at most ten; look for a bracket that is never closed",
      );
      return nothing();
    }
    const document = this.#composed(yaml, tokens);
    const brackets = new OpenBrackets(tokens);
    for (const error of document.errors) {
      const { message, fix } = yamlFault(error.message);
      const end = this.#at(error.pos[0]);
      const missed = missedBracket(error.message);
      const open = missed && brackets.before(error.pos[0], missed);
      if (typeof open !== "number") this.problem("AG003", end, "error", message, fix);
      else
        this.problem(
          "AG003",
          this.#at(open),
          "error",
          `malformed YAML: this ${yaml[open]} is never closed; a ${missed} was missed in line ${end.line}`,
          fix,
        );
    }
    this.#tellTwice(document);
    if (this.failed) return { document, data: {} };
    let aliases = 0;
    let bomb: Node | undefined;
    visit(document, {
      Alias: (_, node, path) => {
        // A value that holds itself has no end.
        const circular = path.some((one) => isCollection(one) && one.anchor === node.source);
        if (++aliases === MAX_ALIASES || circular) bomb ??= node;
      },
      Pair: (_, pair) => {
        if (!isScalar(pair.key) || !RESERVED.has(String(pair.key.value))) return undefined;
        this.problem(
          "AG007",
          this.#at(pair.key.range?.[0] ?? 0),
          "warning",
          `the key ${String(pair.key.value)} is left out`,
          "give it another name",
        );
        return visit.REMOVE;
      },
    });
    try {
      if (bomb) throw new ReferenceError();
      const data: unknown = document.toJS({ maxAliasCount: 100 });
      const ok = typeof data === "object" && data !== null && !Array.isArray(data);
      return { document, data: ok ? (data as Record<string, unknown>) : {} };
    } catch {
      let place = bomb?.range?.[0];
      visit(document, {
        Alias: (_, node) => {
          place ??= isAlias(node) ? node.range?.[0] : undefined;
        },
      });
      this.problem(
        "AG006",
        this.#at(place ?? 0),
        "error",
        "aliases multiply, or name themselves or nothing",
        "write the values out",
      );
      return nothing();
    }
  }

  /** What the yaml package's parseDocument does, from tokens that are there already: reading them takes half of its time. */
  #composed(yaml: string, tokens: readonly string[]): Document {
    const addLine = this.#counter.addNewLine;
    const parser = new Parser(addLine);
    const options = {
      lineCounter: this.#counter,
      prettyErrors: false,
      merge: true,
      // Its own search is quadratic; ours below is not.
      uniqueKeys: false,
    };
    const parsed = function* () {
      addLine(0);
      for (const token of tokens) yield* parser.next(token);
      yield* parser.end();
    };
    const [document, another] = new Composer(options).compose(parsed(), true, yaml.length);
    if (another && document)
      document.errors.push(
        new YAMLParseError(
          another.range!.slice(0, 2) as [number, number],
          "MULTIPLE_DOCS",
          "Source contains multiple documents; please use YAML.parseAllDocuments()",
        ),
      );
    return document ?? parseDocument("");
  }

  /** Keys that stand twice in one map: which of them counts would be a guess. */
  #tellTwice(document: Document): void {
    visit(document, {
      Map: (_, map) => {
        const keys = new Set<unknown>();
        for (const { key } of map.items) {
          if (!isScalar(key) || key.value === "<<") continue;
          if (keys.has(key.value))
            this.problem(
              "AG003",
              this.#at(key.range?.[0] ?? 0),
              "error",
              `malformed YAML: the key ${String(key.value)} stands here twice`,
              "keep one of the two",
            );
          keys.add(key.value);
        }
      },
    });
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

  /** The line of a script's text within this file; a block scalar begins below its key. */
  lineOf(path: (string | number)[], line: number): number {
    const node = this.document.getIn(path, true);
    if (!isScalar(node) || !node.range) return this.place(path).line;
    const block = node.type === "BLOCK_LITERAL" || node.type === "BLOCK_FOLDED";
    return this.#at(node.range[0]).line + line - (block ? 0 : 1);
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
    code: Code,
    where: { line: number; column: number },
    severity: Problem["severity"],
    message: string,
    fix: string,
  ): void {
    if (this.problems.length > MAX_PROBLEMS) return;
    const full = this.problems.length === MAX_PROBLEMS;
    const excerpt = this.#lines?.[where.line - 1]?.replace(/\r$/, "").slice(0, MAX_EXCERPT);
    this.problems.push({
      file: this.file,
      line: where.line,
      column: where.column,
      severity: full ? "error" : severity,
      code: full ? "AG099" : code,
      message: full ? `there are more than ${MAX_PROBLEMS} problems` : message,
      fix: full ? "put the first ones right, then look again" : fix,
      ...(excerpt === undefined ? {} : { excerpt }),
    });
  }

  error(code: Code, path: (string | number)[], message: string, fix: string): void {
    if (this.problems.length <= MAX_PROBLEMS)
      this.problem(code, this.place(path), "error", message, fix);
  }

  warn(code: Code, path: (string | number)[], message: string, fix: string): void {
    if (this.problems.length <= MAX_PROBLEMS)
      this.problem(code, this.place(path), "warning", message, fix);
  }

  /** A warning about a key itself, and not about its value. */
  warnAtKey(code: Code, path: (string | number)[], message: string, fix: string): void {
    if (this.problems.length > MAX_PROBLEMS) return;
    const key = this.#key(path);
    const place = key === undefined ? this.place(path) : this.#at(key);
    this.problem(code, place, "warning", message, fix);
  }

  /** Something that this arena cannot do: the content stays readable, and no play of it starts. */
  cannot(code: Code, path: (string | number)[], message: string, fix: string): void {
    this.unavailable ||= `${message.charAt(0).toUpperCase()}${message.slice(1)}.`;
    this.warn(code, path, message, fix);
  }

  /** Says how the problem told last can be put right without a doubt. */
  fixable(edit: Edit): void {
    const last = this.problems.at(-1);
    if (last && last.code !== "AG099") last.edit = edit;
  }

  /** The problem told last is put right by one word of its line in the place of another. */
  fixableWord(wrong: string, right: string): void {
    const last = this.problems.at(-1);
    const text = last && this.#lines[last.line - 1];
    // From its column on: the same letters may stand before it.
    const at = text?.indexOf(wrong, last!.column - 1) ?? -1;
    if (!last || !text || at < 0) return;
    const insert = [text.slice(0, at) + right + text.slice(at + wrong.length)];
    this.fixable({ line: last.line, remove: 1, insert });
  }

  /** The line after the last one of the front matter: where a key can be added. */
  get endOfFrontMatter(): number {
    return this.bodyLine - 1;
  }

  /** The lines of the file. */
  get lines(): readonly string[] {
    return this.#lines;
  }

  get failed(): boolean {
    return this.problems.some((problem) => problem.severity === "error");
  }
}

/** The first line whose brackets, dashes or indentation go too deep for any content, or undefined. @param tokens gets those of the text. */
function tooDeep(yaml: string, tokens: string[]): number | undefined {
  let indents: number[] = [];
  for (const [index, text] of yaml.split("\n").entries()) {
    if (!text.trim()) continue;
    const indent = text.length - text.trimStart().length;
    if (indents.length && indents.at(-1)! >= indent)
      indents = indents.filter((one) => one < indent);
    indents.push(indent);
    if (indents.length > MAX_NESTING) return index + 1;
  }
  // The lexer is flat: it knows brackets from text, and no depth can exhaust it.
  let line = 1;
  let brackets = 0;
  let marks = 0;
  for (const token of new Lexer().lex(yaml)) {
    tokens.push(token);
    if (token === "[" || token === "{") brackets++;
    else if (token === "]" || token === "}") brackets--;
    else if (token === "-" || token === "?" || token === ":") marks++;
    if (token.includes("\n")) {
      line += token.split("\n").length - 1;
      marks = 0;
    }
    if (brackets > MAX_NESTING || (marks > 2 * MAX_NESTING && brackets === 0)) return line;
  }
  return undefined;
}
