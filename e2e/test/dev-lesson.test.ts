import { randomBytes } from "node:crypto";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openBrowser, typeLine } from "../src/browser.ts";
import { DevLoop } from "../src/dev-loop.ts";
import { keepPicture } from "../src/keep-picture.ts";

const LONG = { timeout: 60_000 };
const name = `lesson-${randomBytes(3).toString("hex")}`;
const head = (rest: string) =>
  `---\n${rest}\ndescription: Made while the tests ran.\ncategories: [linux]\ntagz: [draft]\ncreatedAt: 2026-11-29\n---\n`;
const lesson = (tasks: string) => `---
kind: lesson
name: one
title: A lesson that is written
playground:
  name: debian-stable
  machines: [{ name: debian-01, backend: container }]
tasks:
  init_ground: { init: true, run: mkdir -p /srv/loop && chmod 777 /srv/loop }
${tasks}---
`;
const task = (file: string) =>
  `  verify_${file}: { run: test -e /srv/loop/${file}, hintcheck: echo No ${file}. }\n`;
const unit = (words: string, ...tasks: string[]) =>
  `---\nkind: unit\ntitle: A unit\n---\n${words}\n\n${tasks
    .map(
      (one) =>
        `::simple-task\n---\n:tasks: tasks\n:name: verify_${one}\n---\n#active\nMake ${one}.\n#completed\nDone.\n::\n`,
    )
    .join("\n")}`;
const course = {
  "index.md": `${head("kind: course\ntitle: A course that is written")}About it.\n`,
  "10.part/index.md": "---\nkind: module\nname: part\ntitle: A module\n---\n",
  "10.part/10.one/index.md": lesson(task("first") + task("second")),
  "10.part/10.one/unit-10.md": unit("First words.", "first"),
  "10.part/10.one/unit-20.md": unit("The second unit.", "second"),
};
let browser: Browser;
const open = async (): Promise<Page> =>
  (await browser.newContext({ viewport: { width: 1440, height: 900 } })).newPage();

beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(() => browser.close());

test("a lesson is played while it is written: text of its units at once, its tasks in the live machine", async () => {
  await using dev = new DevLoop(name, course, { path: "10.part/10.one" });
  const page = await open();
  // In the text: the graph of a lesson is folded.
  const node = (of: string, state: number) =>
    page.locator(`[data-testid="task-block"][data-task="verify_${of}"][data-state="${state}"]`);
  await page.goto(await dev.link());
  await page.getByText("First words.").waitFor(LONG);
  await page.getByText("The second unit.").waitFor(LONG);
  await node("first", 30).waitFor(LONG);
  await typeLine(page, "touch /srv/loop/first /srv/loop/second; echo shell-$$");
  await node("second", 40).waitFor(LONG);

  dev.save("10.part/10.one/unit-10.md", unit("Other words.", "first"));
  await page.getByText("Other words.").waitFor(LONG);
  await node("first", 40).waitFor(LONG);
  dev.save("10.part/10.one/index.md", lesson(task("first") + task("third")));
  dev.save("10.part/10.one/unit-20.md", unit("The second unit.", "third"));
  await node("third", 30).waitFor(LONG);
  expect(await node("first", 40).count()).toBe(1);
  await expect.poll(() => page.locator('[data-task="verify_second"]').count(), LONG).toBe(0);
  // It is a lesson, not a challenge: nothing is won with it.
  expect(await page.locator(".play").getAttribute("data-kind")).toBe("course");
  await keepPicture(page, "dev-lesson");

  // A part that is wrong is told with the name of its file; the play goes on.
  dev.save("10.part/10.one/unit-20.md", unit("The second unit.", "nobody"));
  await page
    .getByText(/unit-20\.md:/)
    .first()
    .waitFor(LONG);
  await page.getByText("The page shows what can be read.").waitFor(LONG);
  await dev.says(/10\.part\/10\.one\/unit-20\.md:\d+:\d+ error/);
  dev.save("10.part/10.one/unit-20.md", unit("The second unit.", "third"));
  await page.getByTestId("draft-panel").waitFor({ ...LONG, state: "detached" });
  await typeLine(page, "touch /srv/loop/third");
  await node("third", 40).waitFor(LONG);
}, 300_000);

test("a course and a skill path have no machine: their pages follow the text, and the lessons to play are named", async () => {
  await using dev = new DevLoop(`${name}-whole`, course);
  await dev.says(/This course has no machine: its page follows its text\./);
  await dev.says(/\.\/agon dev \S*10\.part\/10\.one/);
  const page = await open();
  await page.goto(await dev.link());
  await page.getByText("About it.").waitFor(LONG);
  dev.save("index.md", `${head("kind: course\ntitle: A course that is written")}About this.\n`);
  await page.getByText("About this.").waitFor(LONG);

  await using path = new DevLoop(`${name}-path`, {
    "index.md": `${head("kind: skill-path\ntitle: A path")}Two steps.\n`,
    "unit-10.md": "---\nkind: unit\ntitle: Step one\n---\nWalk.\n",
  });
  await path.says(/This skill-path has no machine/);
  await page.goto(await path.link());
  await page.getByText("Walk.").waitFor(LONG);
  path.save("unit-10.md", "---\nkind: unit\ntitle: Step one\n---\nRun.\n");
  await page.getByText("Run.").waitFor(LONG);
}, 300_000);
