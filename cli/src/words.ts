import type { Pushed } from "./folder.ts";

/** Colours only where somebody looks. */
export const coloured = Boolean(process.stdout.isTTY) && !process.env["NO_COLOR"];
const colour = (code: number) => (text: string) =>
  coloured ? `\x1b[${code}m${text}\x1b[0m` : text;
export const bold = colour(1);
export const dim = colour(2);
export const red = colour(31);
export const green = colour(32);
export const yellow = colour(33);

const named = (names: string[]) =>
  names.length > 4
    ? `${names.slice(0, 3).join(", ")} and ${names.length - 3} more`
    : names.join(", ");

/** Words of somebody's script before ours: with an end. */
export const sentence = (text: string): string => {
  const words = text.trim();
  return !words || /[.!?…]$/.test(words) ? words : `${words}.`;
};

/** What a save changed in the play, in one line. */
export function changeText(pushed: Pushed, changed: string[], ms: number): string {
  const { added, restarted, removed, late } = pushed;
  const parts = [
    restarted.length ? `${named(restarted)} ${restarted.length > 1 ? "start" : "starts"} over` : "",
    added.length ? `${named(added)} ${added.length > 1 ? "are" : "is"} new` : "",
    removed.length ? `${named(removed)} ${removed.length > 1 ? "are" : "is"} gone` : "",
  ].filter(Boolean);
  const what = pushed.loaded
    ? parts.join(", ") ||
      (pushed.fresh.length ? "shown, no live task changed" : "shown, no task changed")
    : "not loaded: the page keeps what it had";
  const when = new Date().toTimeString().slice(0, 8);
  const mark = pushed.loaded ? green("✓") : red("✗");
  return `${dim(when)} ${mark} ${named(changed) || "the folder"}: ${what} ${dim(`(${ms} ms)`)}${late ? `\n  ${yellow(late)}` : ""}`;
}
