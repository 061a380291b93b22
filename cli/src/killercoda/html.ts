/** Tags that a text of ours may write by itself (arena/src/markdown/raw-html.ts); of others only the words stay. */
const KEPT = new Set("b br code del em hr i ins kbd mark s small strong sub sup u".split(" "));

const attribute = (tag: string, name: string): string =>
  new RegExp(String.raw`\s${name}\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))`, "i")
    .exec(tag)
    ?.slice(1)
    .find((one) => one !== undefined) ?? "";

/**
 * Links and pictures that a line writes as HTML, as Markdown; code stays as it is.
 * @param lost told of each tag that has no counterpart.
 */
export function inlineHtml(line: string, lost: (tag: string) => void): string {
  return line
    .replace(
      /(`+)[^`]+\1|<a\s[^>]*>(.*?)<\/a>/gi,
      (whole, code: string | undefined, text: string) => {
        const to = code ? "" : attribute(whole.slice(0, whole.indexOf(">") + 1), "href");
        return to ? `[${text}](${to})` : whole;
      },
    )
    .replace(
      /(`+)[^`]+\1|<(\/?)([a-z][a-z0-9]*)(\s[^<>]*|\/)?>/gi,
      (whole, code: string | undefined, _end: string, name: string | undefined) => {
        if (code || !name) return whole;
        const tag = name.toLowerCase();
        const source = tag === "img" ? attribute(whole, "src") : "";
        if (source) return `![${attribute(whole, "alt")}](${source})`;
        if (!KEPT.has(tag)) lost(tag);
        return whole;
      },
    );
}

/**
 * `<details>` of a text as `::details-box`. One object a text; it is given the lines that are no code.
 */
export class DetailsBoxes {
  /** Open boxes: whether each became one of ours, which cannot stand in each other. */
  readonly #open: boolean[] = [];
  /** A box was opened, and its summary is still to come. */
  #begins = false;
  readonly #nested: () => void;

  /** @param nested told when a box stands in another one. */
  constructor(nested: () => void) {
    this.#nested = nested;
  }

  /** The lines that stand for one; the rest of each is still Markdown. */
  take(line: string): string[] {
    if (this.#begins) {
      if (!line.trim()) return [];
      const [, summary, rest = ""] = /^\s*<summary>(.*?)<\/summary>\s*(.*)$/i.exec(line) ?? [];
      this.#begins = false;
      return [
        ...this.#box(summary ?? "Details"),
        ...this.take(summary === undefined ? line : rest),
      ];
    }
    const opens = /^\s*<details[^>]*>\s*(.*)$/i.exec(line);
    if (opens) {
      this.#begins = true;
      return opens[1] ? this.take(opens[1]) : [];
    }
    const closes = this.#open.length ? /^(.*?)<\/details>\s*(.*)$/i.exec(line) : null;
    if (!closes) return [line];
    const [, before = "", after = ""] = closes;
    return [
      ...(before.trim() ? [before] : []),
      ...(this.#open.pop() ? ["::", ""] : [""]),
      ...(after.trim() ? this.take(after) : []),
    ];
  }

  /** Closes what the text leaves open. */
  end(): string[] {
    const open = this.#open.splice(0).some(Boolean);
    return open ? ["::"] : [];
  }

  #box(summary: string): string[] {
    const words = summary.replaceAll(/<[^>]*>/g, "").trim() || "Details";
    const first = !this.#open.some(Boolean);
    this.#open.push(first);
    if (first) return ["", "::details-box", "---", `:summary: ${JSON.stringify(words)}`, "---", ""];
    this.#nested();
    return ["", `**${words}**`, ""];
  }
}
