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
  conf: "ini",
  systemd: "ini",
};
/** Characters of a block above which it stays plain. */
const MOST = 50_000;

/** Colours the code blocks inside a box by the tokens' kinds; the text, its lines and its place stay. */
export async function highlight(box: HTMLElement, signal: AbortSignal): Promise<void> {
  const blocks = [...box.querySelectorAll<HTMLElement>("code[data-language]")].flatMap((code) => {
    const said = code.dataset["language"]!.toLowerCase();
    const name = ALIASES[said] ?? said;
    const short = (code.textContent ?? "").length <= MOST;
    return Object.hasOwn(LANGUAGES, name) && short ? [{ code, name }] : [];
  });
  if (blocks.length === 0) return;
  const [{ createHighlighterCore, createCssVariablesTheme }, { createJavaScriptRegexEngine }] =
    await Promise.all([import("shiki/core"), import("shiki/engine/javascript")]);
  const names = [...new Set(blocks.map((block) => block.name))];
  const highlighter = await createHighlighterCore({
    // Colours come from the tokens of the look, so that both themes have theirs.
    themes: [createCssVariablesTheme({ name: "agon", variablePrefix: "--code-" })],
    langs: names.map((name) => LANGUAGES[name]!()) as never[],
    engine: createJavaScriptRegexEngine({ forgiving: true }),
  });
  try {
    if (signal.aborted) return;
    for (const { code, name } of blocks) {
      const lines = highlighter.codeToTokensBase(code.textContent ?? "", {
        lang: name,
        theme: "agon",
      });
      [...code.children].forEach((line, index) => {
        const parts = (lines[index] ?? []).map((token) => {
          const part = document.createElement("span");
          part.textContent = token.content;
          if (token.color) part.style.color = token.color;
          return part;
        });
        if (parts.length) line.replaceChildren(...parts, "\n");
      });
    }
  } finally {
    highlighter.dispose();
  }
}
