import { codeKey } from "@agon/content/code-key";
import { expect, test } from "vitest";
import { coloursOf } from "../src/code-colours.ts";

const fence = (language: string, text: string) => `\`\`\`${language}\n${text}\n\`\`\`\n`;
/** The words of a text in one colour. */
function words(text: string, runs: string, letter: string): string[] {
  const found: string[] = [];
  let at = 0;
  for (const [, length, colour] of runs.matchAll(/(\d+)(.)/g)) {
    if (colour === letter) found.push(text.slice(at, at + Number(length)).trim());
    at += Number(length);
  }
  expect(at).toBe(text.length);
  return found;
}

test("blocks in lists, quotes and components have their colours by what is in them", async () => {
  const code = "if true; then\n  echo 'a b' # why\nfi";
  const body = [
    `Text.\n\n- A list:\n\n  ${fence("sh [run.sh]{1}", code).replaceAll("\n", "\n  ")}`,
    `::details-box\n---\n:summary: More\n---\n${fence("json", '{ "a": 1 }')}::\n`,
    `> ${fence("python", "x = 1").trimEnd().replaceAll("\n", "\n> ")}\n`,
  ].join("\n");
  const found = await coloursOf(body);
  expect(found.map(({ key }) => key)).toEqual([
    codeKey("sh", code),
    codeKey("json", '{ "a": 1 }'),
    codeKey("python", "x = 1"),
  ]);
  expect(words(code, found[0]!.runs, "k")).toEqual(["if", "then", "fi"]);
  expect(words(code, found[0]!.runs, "c")).toEqual(["# why"]);
});

test("a string over many lines is one string, also where the reading makes a pause", async () => {
  const text = `x = """\n${"a line\n".repeat(200)}"""\ny = 1`;
  const [found] = await coloursOf(fence("python", text));
  expect(
    words(text, found!.runs, "e")
      .join("")
      .match(/a line/g),
  ).toHaveLength(200);
});

test("no language, an unknown one, a huge block: no colours, and no error", async () => {
  expect(await coloursOf(fence("", "x") + fence("klingon", "x"))).toEqual([]);
  expect(await coloursOf(fence("sh", "echo 1\n".repeat(10_000)))).toEqual([]);
  expect(await coloursOf(`${fence("sh", "echo 1")}${"A long text.\n".repeat(20_000)}`)).toEqual([]);
  expect(await coloursOf(`${"> ".repeat(20_000)}\n${fence("sh", "echo 1")}`)).toEqual([]);
  expect(await coloursOf(fence("__proto__", "x") + fence("constructor", "x"))).toEqual([]);
});

test("reading a large block lets others have a turn", async () => {
  let turns = 0;
  let reading = true;
  const count = () => {
    turns++;
    if (reading) setImmediate(count);
  };
  setImmediate(count);
  await coloursOf(fence("sh", "echo 'one' | grep -c two # three\n".repeat(800)));
  reading = false;
  expect(turns).toBeGreaterThan(15);
});
