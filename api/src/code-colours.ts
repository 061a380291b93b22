import { createHash } from "node:crypto";
import { setImmediate as turn } from "node:timers/promises";
import { codeKey } from "@agon/content/code-key";
import { createHighlighterCore, createCssVariablesTheme, type GrammarState } from "shiki/core";
import { createJavaScriptRegexEngine } from "shiki/engine/javascript";
import { codeBlocksOf, type CodeBlock } from "./code-blocks.ts";

/** Colours of one code block: what a page needs besides its text. */
export interface CodeColours {
  /** `codeKey` of its language and text. */
  key: string;
  /** Runs over the whole text, line ends included: a length, and the letter of its colour, `12k3-7s`. */
  runs: string;
}

/** Letters of the colours that the look has (`--code-token-…` in its tokens). `-` is the text's own. */
const LETTERS: Record<string, string> = {
  "--code-token-comment": "c",
  "--code-token-constant": "n",
  "--code-token-function": "f",
  "--code-token-keyword": "k",
  "--code-token-link": "l",
  "--code-token-parameter": "p",
  "--code-token-punctuation": "u",
  "--code-token-string": "s",
  "--code-token-string-expression": "e",
  "--code-token-inserted": "i",
  "--code-token-deleted": "d",
  "--code-token-changed": "h",
};

/** Grammars, each loaded when a text has its language. */
const LANGUAGES: Record<string, () => Promise<{ default: unknown }>> = {
  bash: () => import("shiki/langs/bash.mjs"),
  css: () => import("shiki/langs/css.mjs"),
  diff: () => import("shiki/langs/diff.mjs"),
  docker: () => import("shiki/langs/docker.mjs"),
  go: () => import("shiki/langs/go.mjs"),
  hcl: () => import("shiki/langs/hcl.mjs"),
  html: () => import("shiki/langs/html.mjs"),
  http: () => import("shiki/langs/http.mjs"),
  ini: () => import("shiki/langs/ini.mjs"),
  java: () => import("shiki/langs/java.mjs"),
  javascript: () => import("shiki/langs/javascript.mjs"),
  json: () => import("shiki/langs/json.mjs"),
  lua: () => import("shiki/langs/lua.mjs"),
  makefile: () => import("shiki/langs/makefile.mjs"),
  markdown: () => import("shiki/langs/markdown.mjs"),
  nginx: () => import("shiki/langs/nginx.mjs"),
  python: () => import("shiki/langs/python.mjs"),
  ruby: () => import("shiki/langs/ruby.mjs"),
  rust: () => import("shiki/langs/rust.mjs"),
  sql: () => import("shiki/langs/sql.mjs"),
  toml: () => import("shiki/langs/toml.mjs"),
  typescript: () => import("shiki/langs/typescript.mjs"),
  xml: () => import("shiki/langs/xml.mjs"),
  yaml: () => import("shiki/langs/yaml.mjs"),
};
const ALIASES: Record<string, string> = {
  conf: "ini",
  console: "bash",
  dockerfile: "docker",
  js: "javascript",
  make: "makefile",
  md: "markdown",
  py: "python",
  rb: "ruby",
  rs: "rust",
  sh: "bash",
  shell: "bash",
  systemd: "ini",
  terraform: "hcl",
  tf: "hcl",
  ts: "typescript",
  yml: "yaml",
};

/** Characters of a block above which it stays plain, and of a text. */
const BLOCK = 30_000;
const TEXT = 200_000;
/** Lines that are read before others have a turn, and characters of a line above which it stays plain. */
const LINES = 40;
const LONGEST = 1_000;
/** Blocks and texts that are remembered. */
const KEPT_BLOCKS = 5_000;
const KEPT_TEXTS = 1_000;

type Highlighter = Awaited<ReturnType<typeof createHighlighterCore>>;
let made: Promise<Highlighter> | undefined;

function highlighter(): Promise<Highlighter> {
  return (made ??= createHighlighterCore({
    themes: [createCssVariablesTheme({ name: "agon", variablePrefix: "--code-" })],
    langs: [],
    engine: createJavaScriptRegexEngine({ forgiving: true }),
  }));
}

/** Keeps the values used last, at most so many. */
class Kept<V> {
  readonly #most: number;
  readonly #values = new Map<string, V>();

  constructor(most: number) {
    this.#most = most;
  }

  get(key: string, make: () => V): V {
    const value = this.#values.get(key) ?? make();
    this.#values.delete(key);
    this.#values.set(key, value);
    if (this.#values.size > this.#most) this.#values.delete(this.#values.keys().next().value!);
    return value;
  }
}

const blocks = new Kept<Promise<string>>(KEPT_BLOCKS);
const bodies = new Kept<Promise<CodeColours[]>>(KEPT_TEXTS);

/**
 * Colours of all code blocks of a text whose language is known. By the hash of the text and of each block, so
 * a text is read once, and of a changed one only the blocks that changed.
 */
export function coloursOf(body: string): Promise<CodeColours[]> {
  if (body.length > TEXT) return Promise.resolve([]);
  const hash = createHash("sha256").update(body).digest("base64url");
  // What cannot be read has no colours; its text is shown all the same.
  return bodies.get(hash, () => read(body).catch(() => []));
}

async function read(body: string): Promise<CodeColours[]> {
  const found: CodeColours[] = [];
  for (const block of codeBlocksOf(body)) {
    const said = block.language.toLowerCase();
    const language = ALIASES[said] ?? said;
    if (!Object.hasOwn(LANGUAGES, language) || block.text.length > BLOCK) continue;
    const key = codeKey(block.language, block.text);
    const runs = await blocks.get(`${language} ${key} ${block.text.length}`, () =>
      runsOf(block, language).catch(() => ""),
    );
    if (runs) found.push({ key, runs });
  }
  return found;
}

async function runsOf({ text }: CodeBlock, lang: string): Promise<string> {
  const [shared, grammar] = await Promise.all([highlighter(), LANGUAGES[lang]!()]);
  await shared.loadLanguage(grammar.default as never);
  let runs = "";
  let [letter, length] = ["-", 0];
  const add = (some: number, what: string) => {
    if (what !== letter && some > 0) {
      if (length) runs += `${length}${letter}`;
      [letter, length] = [what, 0];
    }
    length += some;
  };
  const lines = text.split("\n");
  let state: GrammarState | undefined;
  for (let from = 0; from < lines.length; from += LINES) {
    const some = lines.slice(from, from + LINES).join("\n");
    const tokens = shared.codeToTokensBase(some, {
      lang,
      theme: "agon",
      tokenizeMaxLineLength: LONGEST,
      // A limit in time would cut a line off where the computer is busy, and the result is kept.
      tokenizeTimeLimit: 0,
      ...(state ? { grammarState: state } : {}),
    });
    state = shared.getLastGrammarState(tokens);
    for (const [index, line] of tokens.entries()) {
      for (const token of line)
        add(
          token.content.length,
          LETTERS[/var\(([\w-]+)\)/.exec(token.color ?? "")?.[1] ?? ""] ?? "-",
        );
      if (from + index < lines.length - 1) add(1, letter);
    }
    await turn();
  }
  return `${runs}${length}${letter}`;
}
