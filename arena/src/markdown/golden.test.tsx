import { readFileSync, readdirSync } from "node:fs";
import { renderToString } from "solid-js/web";
import { expect, test } from "vitest";
import { Body } from "./body";
import { exampleScene } from "./example-scene";
import { still } from "./scene";

const folder = new URL("golden/", import.meta.url);
const texts = readdirSync(folder).filter((name) => name.endsWith(".md"));

/** HTML as the server sends it, one tag a line, without the keys of hydration. */
function lines(html: string): string {
  return html
    .replaceAll(/ data-hk="?[\w-]+"?/g, "")
    .replaceAll(/<!--[^>]*-->/g, "")
    .replaceAll(/(<pre[\s\S]*?<\/pre>)|></g, (whole, pre) => (pre ? whole : ">\n<"))
    .concat("\n");
}

test.each(texts)("%s renders as it always did", async (name) => {
  const text = readFileSync(new URL(name, folder), "utf8");
  const html = renderToString(() => <Body text={text} scene={exampleScene()} />);
  await expect(lines(html)).toMatchFileSnapshot(
    new URL(name.replace(/md$/, "html"), folder).pathname,
  );
});

test.each(texts)("%s renders without a play, files and references, too", (name) => {
  const text = readFileSync(new URL(name, folder), "utf8");
  const html = renderToString(() => <Body text={text} scene={still({})} />);
  expect(html).not.toMatch(/undefined|\[object|NaN/);
  expect(html).not.toContain("For authors.");
});

test("notes for authors are those that the texts ask for, and no others", () => {
  const html = texts
    .map((name) => readFileSync(new URL(name, folder), "utf8"))
    .map((text) => renderToString(() => <Body text={text} scene={exampleScene()} />))
    .join("")
    .replaceAll(/<!--[^>]*-->/g, "");
  expect([...html.matchAll(/For authors\.<\/b>\s*([^<]+)/g)].map((match) => match[1])).toEqual([
    "There is no file __static__/missing.png beside this text.",
    "An image-box needs src.",
    "A slide-show needs slides, a list of image and alt.",
    "Tabs without a slot: without.",
    "Tabs without a slot: missing.",
    "tutorials.not-installed is not installed, or the front matter does not list it.",
    "A card needs challenge, content or playground.",
    "A grid needs items: a list of challenge:, content:, playground:.",
    "There is no component ::no-such-thing; its text is shown as it is.",
    "This task component has no name.",
  ]);
});
