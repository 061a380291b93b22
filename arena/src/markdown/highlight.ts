/** Languages that are coloured, each loaded when a page has it. */
const LANGUAGES: Record<string, () => Promise<{ default: object[] }>> = {
  bash: () => import("shiki/langs/bash.mjs"),
  diff: () => import("shiki/langs/diff.mjs"),
  docker: () => import("shiki/langs/docker.mjs"),
  go: () => import("shiki/langs/go.mjs"),
  ini: () => import("shiki/langs/ini.mjs"),
  javascript: () => import("shiki/langs/javascript.mjs"),
  json: () => import("shiki/langs/json.mjs"),
  nginx: () => import("shiki/langs/nginx.mjs"),
  python: () => import("shiki/langs/python.mjs"),
  css: () => import("shiki/langs/css.mjs"),
  hcl: () => import("shiki/langs/hcl.mjs"),
  html: () => import("shiki/langs/html.mjs"),
  http: () => import("shiki/langs/http.mjs"),
  java: () => import("shiki/langs/java.mjs"),
  lua: () => import("shiki/langs/lua.mjs"),
  makefile: () => import("shiki/langs/makefile.mjs"),
  markdown: () => import("shiki/langs/markdown.mjs"),
  ruby: () => import("shiki/langs/ruby.mjs"),
  rust: () => import("shiki/langs/rust.mjs"),
  typescript: () => import("shiki/langs/typescript.mjs"),
  xml: () => import("shiki/langs/xml.mjs"),
  sql: () => import("shiki/langs/sql.mjs"),
  toml: () => import("shiki/langs/toml.mjs"),
  yaml: () => import("shiki/langs/yaml.mjs"),
};
const ALIASES: Record<string, string> = {
  sh: "bash",
  shell: "bash",
  console: "bash",
  dockerfile: "docker",
  js: "javascript",
  py: "python",
  yml: "yaml",
  ts: "typescript",
  md: "markdown",
  make: "makefile",
  terraform: "hcl",
  tf: "hcl",
  rs: "rust",
  rb: "ruby",
  conf: "ini",
  systemd: "ini",
};
/** Characters of a block above which it stays plain. */
const MOST = 50_000;

/** A piece of a line in one colour. */
export interface Coloured {
  text: string;
  colour: string | undefined;
}

type Highlighter = Awaited<ReturnType<(typeof import("shiki/core"))["createHighlighterCore"]>>;
let made: Promise<Highlighter> | undefined;

/** One for the whole page: its grammars are shared. */
function highlighter(): Promise<Highlighter> {
  return (made ??= Promise.all([import("shiki/core"), import("shiki/engine/javascript")]).then(
    ([{ createHighlighterCore, createCssVariablesTheme }, { createJavaScriptRegexEngine }]) =>
      createHighlighterCore({
        // Colours come from the tokens of the look, so that both themes have theirs.
        themes: [createCssVariablesTheme({ name: "agon", variablePrefix: "--code-" })],
        langs: [],
        engine: createJavaScriptRegexEngine({ forgiving: true }),
      }),
  ));
}

/** Lines of code in coloured pieces; nothing for a language that is not known, or for too much. */
export async function colours(code: string, language: string): Promise<Coloured[][]> {
  const said = language.toLowerCase();
  const lang = ALIASES[said] ?? said;
  if (!Object.hasOwn(LANGUAGES, lang) || code.length > MOST) return [];
  const [shared, grammar] = await Promise.all([highlighter(), LANGUAGES[lang]!()]);
  await shared.loadLanguage(grammar.default as never);
  return shared
    .codeToTokensBase(code, { lang, theme: "agon" })
    .map((line) => line.map((token) => ({ text: token.content, colour: token.color })));
}
