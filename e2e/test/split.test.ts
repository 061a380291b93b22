import { randomBytes } from "node:crypto";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openBrowser, signUp } from "../src/browser.ts";
import { endpoint } from "../src/content.ts";
import { keepPicture } from "../src/keep-picture.ts";
import { OwnChallenge } from "../src/own-challenge.ts";
import { resize } from "../src/resize.ts";

const LONG = { timeout: 120_000 };
const name = `split-${randomBytes(4).toString("hex")}`;
let own: OwnChallenge | undefined;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  own = await OwnChallenge.publish(
    name,
    `---
kind: challenge
title: A page beside a terminal
description: A split view, for the test of it.
categories: [linux]
tagz: [e2e]
difficulty: easy
createdAt: 2026-11-29
playground:
  name: flexbox
  machines:
    - { name: web-01, backend: container, users: [{ name: laborant, default: true }], drives: [{ source: debian-12, mount: /, size: 2GiB }], network: { interfaces: [{ network: local }] }, startupFiles: [{ path: /srv/shop/index.html, content: "<h1>The shop beside</h1>" }] }
    - { name: db-01, backend: container, users: [{ name: laborant, default: true }], drives: [{ source: debian-12, mount: /, size: 2GiB }], network: { interfaces: [{ network: local }] } }
  tabs:
    - { kind: http-port, name: Shop, machine: web-01, number: 8080, pane: right }
    - { machine: web-01 }
    - { kind: ide, name: Code, machine: web-01, pane: right }
    - { machine: db-01, pane: right }
tasks:
  init_shop: { init: true, machine: web-01, run: systemd-run -q --unit=shop --working-directory=/srv/shop python3 -m http.server 8080 }
  verify_never: { machine: web-01, run: "false", hintcheck: echo It never is. }
---
::simple-task
---
:tasks: tasks
:name: verify_never
---
#active
Never.

#completed
Done.
::
`,
  );
  browser = await openBrowser();
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  page = await context.newPage();
  await signUp(page, endpoint, `split-${randomBytes(3).toString("hex")}`);
  await page.goto(`${endpoint}/challenges/${name}`);
  await page.getByTestId("start-play").first().click();
  await page.waitForURL(/\/plays\//, LONG);
}, 200_000);

afterAll(async () => {
  await browser?.close();
  own?.[Symbol.dispose]();
});

const terminal = () => page.getByTestId("terminal").first();
const shop = () => page.frameLocator('iframe[title="Shop"]').getByText("The shop beside");
const box = async (at: "left" | "right") =>
  (await (at === "left" ? terminal() : page.getByTestId("right-half")).boundingBox())!;

test("a page of the right pane is seen beside its terminal, each half with its own tabs", async () => {
  await expect.poll(() => terminal().textContent(), LONG).toContain("laborant");
  await shop().waitFor(LONG);
  // Little room in each: one above the other. The rest of the window's: side by side.
  expect((await box("right")).y).toBeGreaterThan((await box("left")).y + 100);
  await page.getByRole("button", { name: "Full screen" }).click();
  await expect.poll(async () => (await box("right")).x, LONG).toBeGreaterThan(600);
  const [left, right] = [await box("left"), await box("right")];
  expect(Math.abs(right.x - left.x - left.width)).toBeLessThan(2);
  expect(Math.abs(right.width - left.width)).toBeLessThan(40);
  await page.getByRole("tab", { name: "Shop" }).press("ArrowRight");
  await page.getByText("This arena has no editor in the browser").waitFor(LONG);
  expect(await terminal().isVisible()).toBe(true);
  await page.getByRole("tab", { name: "Shop" }).click();
  await page.getByRole("button", { name: "Leave full screen" }).click();
});

test("the right half has what the left one has: files of its machine, and one more terminal in it", async () => {
  const right = page.getByTestId("right-half");
  // A page of a machine has no files to go to.
  expect(await right.getByTestId("files-button").count()).toBe(0);
  await right.getByRole("tab", { name: "db-01" }).click();
  await expect.poll(() => right.getByTestId("terminal").textContent(), LONG).toContain("laborant");
  await right.getByTestId("files-button").click();
  await right.getByTestId("files").waitFor(LONG);
  expect(await page.getByTestId("left-half").getByTestId("files").count()).toBe(0);
  await right.locator("input[type=file]").setInputFiles({
    name: "from-the-right.txt",
    mimeType: "text/plain",
    buffer: Buffer.from("sent from the right half\n"),
  });
  await right
    .getByText(/from-the-right\.txt$/)
    .first()
    .waitFor(LONG);
  await keepPicture(page, "split-files");
  await right.getByTestId("files-button").click();
  await right.getByTestId("files").waitFor({ ...LONG, state: "detached" });
  await right.getByRole("button", { name: "One more terminal on db-01" }).click();
  await right.getByRole("tab", { name: "db-01 2" }).waitFor(LONG);
  expect(await page.getByTestId("left-half").getByRole("tab").count()).toBe(1);
});

test("on a phone all tabs are in one row, and one is shown", async () => {
  await resize(page, 360, 740);
  await page.getByRole("button", { name: "Terminal", exact: true }).click();
  await expect.poll(() => page.getByTestId("right-half").count(), LONG).toBe(0);
  expect(await page.getByRole("tab").allTextContents()).toEqual([
    "Shop",
    "web-01",
    "Code",
    "db-01",
    "db-01 2",
  ]);
  await page.getByRole("tab", { name: "web-01" }).click();
  await expect.poll(() => terminal().textContent(), LONG).toContain("laborant");
  await page.getByRole("tab", { name: "Shop" }).click();
  await shop().waitFor(LONG);
  const wide = await page.evaluate(
    () => document.documentElement.scrollWidth > document.documentElement.clientWidth,
  );
  expect(wide).toBe(false);
});
