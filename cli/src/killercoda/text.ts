import { DetailsBoxes, inlineHtml } from "./html.ts";
import type { Note } from "./scenario.ts";

/** A scenario's text as a body of ours. */
export interface Converted {
  text: string;
  /** Local pictures that it shows, as written. */
  images: string[];
}

const ACTION = String.raw`\{\{\s*(exec(?:ute)?|copy|open)?((?:\s+[\w-]+)*)\s*\}\}`;
const AFTER_FENCE = new RegExp(String.raw`^(\s*(?:${"`"}{3,}|~{3,}))\s*${ACTION}\s*$`);
const WHOLE_LINE = new RegExp(String.raw`^(\s*)${"`"}([^${"`"}]+)${"`"}\s*${ACTION}\s*$`);
const INLINE = new RegExp(String.raw`(${"`"}+[^${"`"}]+${"`"}+)\s?${ACTION}`, "g");
const LINK = /(!?)\[([^\]]*)\]\(\s*\{\{\s*TRAFFIC_HOST(\d+)_(\d+)\s*\}\}([^)]*)\)/g;
const OLD_LINK = /\[([^\]]*)\]\s?\{\{\s*TRAFFIC_HOST(\d+)_(\d+)\s*\}\}()/g;
const BARE = /\{\{\s*TRAFFIC_HOST(\d+)_(\d+)\s*\}\}(\/[\w./?=&%-]*)?/g;
const IMAGE = /(!\[[^\]]*\]\()\s*(?!https?:|data:|\/\/)([^)\s]+)/g;

const quoted = (text: string) => text.replaceAll("'", "’").trim();

/**
 * Turns the actions of a text into code blocks, links to ports into http-port components, and local
 * pictures into public files. What works in another way is noted.
 */
export function convertText(file: string, markdown: string, notes: Note[]): Converted {
  const images: string[] = [];
  const told = new Set<string>();
  const tell = (kind: Note["kind"], message: string) => {
    if (!told.has(message)) notes.push({ file, kind, message });
    told.add(message);
  };
  const action = (
    name: string | undefined,
    more: string,
    became = "a code block that can be copied",
  ) => {
    const words = more.trim();
    if (name === "open")
      tell("changed", "{{open}} became plain code: nothing opens a file by a click here");
    else if (name) tell("changed", `{{${name}}} became ${became}`);
    if (words) tell("changed", `{{${name ?? ""} ${words}}}: ${words} has no meaning here`);
  };
  const port = (text: string, host: string, number: string, path: string): string => {
    if (host !== "1")
      tell("dropped", `a link to port ${number} of host ${host}: there is one machine`);
    if (path && path !== "/") tell("changed", `the link to port ${number} opens /, not ${path}`);
    return `:http-port{text='${quoted(text) || `port ${number}`}' port=${number}}`;
  };
  const prose = (line: string): string =>
    line
      .replace(
        LINK,
        (_, mark: string, text: string, host: string, number: string, path: string) => {
          if (mark) tell("changed", `a picture served by port ${number} became a link`);
          return port(text, host, number, path);
        },
      )
      .replace(OLD_LINK, (_, text: string, host: string, number: string) =>
        port(text, host, number, ""),
      )
      .replace(BARE, (_, host: string, number: string, path: string | undefined) =>
        port(`port ${number}`, host, number, path ?? ""),
      )
      .replace(/\{\{\s*TRAFFIC_SELECTOR\s*\}\}/g, () => {
        tell("dropped", "{{TRAFFIC_SELECTOR}}: name a port instead");
        return "";
      })
      .replace(INLINE, (_, code: string, name: string | undefined, more: string) => {
        if (name) action(name, more, "plain code");
        return code;
      })
      .replace(IMAGE, (_, start: string, path: string) => {
        images.push(path);
        return `${start}__static__/${path.split("/").at(-1)!}`;
      });
  const boxes = new DetailsBoxes(() =>
    tell("changed", "<details> in <details> is open text: boxes cannot stand in each other"),
  );
  const lost = (tag: string) => tell("dropped", `the HTML tag <${tag}>: only its words stay`);
  const out: string[] = [];
  let fence = "";
  for (const line of markdown.replaceAll("\r\n", "\n").split("\n")) {
    const mark = /^\s*(`{3,}|~{3,})/.exec(line)?.[1];
    if (fence) {
      const end = AFTER_FENCE.exec(line);
      if (end) {
        action(end[2], end[3] ?? "");
        out.push(end[1]!);
        fence = "";
      } else {
        if (/\{\{\s*TRAFFIC_HOST/.test(line))
          tell("changed", "an address of a port stands in code: put the port in by hand");
        out.push(line);
        if (mark && mark.startsWith(fence) && line.trim() === mark) fence = "";
      }
      continue;
    }
    if (mark && !line.trim().slice(mark.length).includes(mark)) {
      fence = mark;
      out.push(line);
      continue;
    }
    const whole = WHOLE_LINE.exec(line);
    if (whole?.[3]) {
      action(whole[3], whole[4] ?? "");
      out.push("", `${whole[1]}\`\`\`sh`, `${whole[1]}${whole[2]}`, `${whole[1]}\`\`\``, "");
      continue;
    }
    // What our grammar would read as a component is text there.
    const safe = /^\s*:{2,}\s*[\w-]*(\{.*\})?\s*$/.test(line) ? line.replace(":", "\\:") : line;
    for (const one of boxes.take(safe)) out.push(prose(inlineHtml(one, lost)));
  }
  if (fence) out.push(fence);
  out.push(...boxes.end());
  return { text: out.join("\n").trim(), images };
}
