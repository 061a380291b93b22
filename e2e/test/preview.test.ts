import { randomBytes } from "node:crypto";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openBrowser } from "../src/browser.ts";
import { DevLoop } from "../src/dev-loop.ts";
import { keepPicture } from "../src/keep-picture.ts";
import { resize } from "../src/resize.ts";

const LONG = { timeout: 60_000 };
const name = `seen-${randomBytes(3).toString("hex")}`;
const box = (colour: string) =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="640" height="320"><rect width="640" height="320" fill="${colour}"/></svg>`;
const head = (rest: string) =>
  `---\n${rest}\ndescription: Made while the tests ran.\ncategories: [linux]\ntagz: [draft]\ncreatedAt: 2026-11-28\n---\n`;
const unit = (words: string) => `---
kind: unit
title: Words
---
${words}

::image-box
---
:src: __static__/wiring-${name}.svg
:alt: A box
---
::

::details-box
---
:summary: More of it
---
In the box: ${words}
::

${"A paragraph of the lesson.\n\n".repeat(60)}`;
let browser: Browser;
let page: Page;
let preview: DevLoop;

beforeAll(async () => {
  browser = await openBrowser();
  preview = new DevLoop(
    name,
    {
      "index.md": `${head("kind: course\ntitle: A course that is written")}About it.\n`,
      "10.one/index.md": "---\nkind: lesson\nname: one\ntitle: Lesson one\n---\n",
      "10.one/unit-10.md": unit("First words."),
      [`10.one/__static__/wiring-${name}.svg`]: box("#888"),
    },
    { command: ["content", "preview"] },
  );
  page = await (await browser.newContext({ viewport: { width: 1440, height: 900 } })).newPage();
  await page.goto(await preview.link());
  await page.getByText("About it.").waitFor(LONG);
});
afterAll(async () => {
  await preview[Symbol.asyncDispose]();
  await browser.close();
});

test("an open page follows each save: its text, a lesson's text below it, and a picture; what was open stays open", async () => {
  await page.evaluate(() => ((window as unknown as { stayed: boolean }).stayed = true));
  preview.save(
    "index.md",
    `${head("kind: course\ntitle: A course with another name")}About this.\n`,
  );
  await page.getByText("About this.").waitFor(LONG);
  await page.getByRole("heading", { name: "A course with another name" }).waitFor(LONG);
  await page.getByRole("link", { name: "Lesson one" }).last().click();
  await page.getByText("First words.", { exact: true }).waitFor(LONG);
  await page.getByText("More of it").click();
  const image = page.getByAltText("A box").first();
  const before = await image.getAttribute("src");
  await page.evaluate(() => scrollTo(0, 900));

  preview.save("10.one/unit-10.md", unit("Second words."));
  await page.getByText("Second words.", { exact: true }).waitFor(LONG);
  await page.getByText("In the box: Second words.").waitFor(LONG);
  expect(await page.evaluate(() => scrollY)).toBe(900);
  preview.save(`10.one/__static__/wiring-${name}.svg`, box("#484"));
  await expect.poll(() => image.getAttribute("src"), LONG).not.toBe(before);
  expect(await image.evaluate((one: HTMLImageElement) => one.naturalWidth)).toBe(640);
  // All of it without a reload.
  expect(await page.evaluate(() => (window as unknown as { stayed?: boolean }).stayed)).toBe(true);
});

test("what cannot be read is told on the page with its place, and the page keeps what it had", async () => {
  preview.save("10.one/unit-10.md", `---\nkind: unit\ntitle: [Words\n---\nNo words.\n`);
  const problem = page.getByTestId("draft-problem").first();
  await problem.waitFor(LONG);
  expect(await problem.innerText()).toMatch(/10\.one\/unit-10\.md:\d+:\d+ error/);
  // One part of it: the others are shown as they are.
  await page.getByText("The page shows what can be read.").waitFor(LONG);
  await keepPicture(page, "preview-fault");
  preview.save("10.one/unit-10.md", unit("Third words."));
  await page.getByText("Third words.", { exact: true }).waitFor(LONG);
  preview.save("index.md", "---\nkind: course\ntitle: {\n---\n");
  await page.getByText(/^index\.md:/).waitFor(LONG);
  await page.getByText("This save does not load").waitFor(LONG);
  await page.getByText("Third words.", { exact: true }).waitFor(LONG);
  preview.save("index.md", `${head("kind: course\ntitle: Whole again")}About this.\n`);
  preview.save("10.one/unit-10.md", unit("Fourth words."));
  await page.getByText("Fourth words.", { exact: true }).waitFor(LONG);
  await page
    .getByTestId("draft-problem")
    .first()
    .waitFor({ ...LONG, state: "detached" });
});

test("a page of a preview that has ended says so", async () => {
  await preview.end();
  await page.getByTestId("stored-gone").waitFor(LONG);
  await resize(page, 360, 740);
  await keepPicture(page, "preview-gone-360");
  await page.getByText("Fourth words.", { exact: true }).waitFor(LONG);
});
