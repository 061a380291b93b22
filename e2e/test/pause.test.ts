import { randomBytes } from "node:crypto";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openBrowser, signUp, typeLine } from "../src/browser.ts";
import { contentDir, endpoint } from "../src/content.ts";
import { ask } from "../src/graphql.ts";

const LONG = { timeout: 400_000 };
const name = `e2e-pause-${randomBytes(3).toString("hex")}`;

/** A challenge on a microVM with checkpoints: two tasks, one after the other. */
function publish(): void {
  mkdirSync(join(contentDir, name), { recursive: true });
  writeFileSync(
    join(contentDir, name, "index.md"),
    `---
kind: challenge
title: Pause and go back ${name}
description: Two files, one after the other.
categories: [linux]
tagz: [e2e]
difficulty: easy
createdAt: 2026-11-23
playground:
  name: debian-stable
  checkpoints: true
  machines:
    - name: debian-01
      backend: microvm
tasks:
  verify_one:
    run: test -e /tmp/one
  verify_two:
    needs: [verify_one]
    run: test -e /tmp/two
---

Make \`/tmp/one\`, then \`/tmp/two\`.

::simple-task
---
:tasks: tasks
:name: verify_one
---
#active
One is there

#completed
One is there
::

::simple-task
---
:tasks: tasks
:name: verify_two
---
#active
Two is there

#completed
Two is there
::
`,
  );
}

let browser: Browser;
beforeAll(async () => {
  publish();
  browser = await openBrowser();
});
afterAll(async () => {
  await browser?.close();
  rmSync(join(contentDir, name), { recursive: true, force: true });
});

const node = (page: Page, task: string, state: number) =>
  page
    .locator(`[data-testid="task-node"][data-task="${task}"][data-state="${state}"]`)
    .first()
    .waitFor(LONG);
const shell = (page: Page) =>
  page.locator('[data-terminal-state="connected"]').first().waitFor(LONG);
/** Types a line and waits for what it prints; the mark keeps the echo of the line itself out. */
async function said(page: Page, line: string, wanted: string): Promise<void> {
  await typeLine(page, line);
  await page
    .getByTestId("terminal")
    .filter({ hasText: wanted })
    .first()
    .waitFor({ ...LONG, state: "visible" });
}

test("a learner pauses, leaves, goes on from the home page with programs and files as they were, and goes back to when a task turned green", async () => {
  const page = await (
    await browser.newContext({ viewport: { width: 1440, height: 900 } })
  ).newPage();
  await signUp(page, endpoint, `pat-${randomBytes(3).toString("hex")}`);
  const known = "query($n: String!) { challenge(name: $n) { name } }";
  await expect
    .poll(
      () =>
        ask<{ challenge: { name: string } | null }>(known, { n: name }).then(
          ({ challenge }) => challenge?.name,
          () => undefined,
        ),
      { timeout: 100_000, interval: 300 },
    )
    .toBe(name);
  await page.goto(`${endpoint}/challenges/${name}`);
  await page.getByTestId("start-play").first().click();
  await page.waitForURL(/\/plays\//, LONG);
  const first = page.url();
  await node(page, "verify_one", 30);
  await shell(page);
  await typeLine(page, "sleep 9999 & touch /tmp/one");
  await node(page, "verify_one", 40);
  await page
    .getByTestId("go-back")
    .first()
    .waitFor({ ...LONG, state: "attached" });
  await typeLine(page, "touch /tmp/later");

  // Pause, close the page, and come back by the home page.
  await openActs(page);
  await page.getByTestId("pause-play").click();
  await page.getByTestId("stopped-strip").waitFor(LONG);
  await page.getByTestId("stopped").getByRole("button", { name: "Go on" }).waitFor(LONG);
  await page.goto(`${endpoint}/`);
  await page.getByText("paused, files are kept").waitFor(LONG);
  await page.getByRole("button", { name: "Go on" }).first().click();
  await page.waitForURL(first, LONG);
  await shell(page);
  await said(page, "ls /tmp/later; pgrep -c sleep | sed s/^/sleeps-/", "sleeps-1");

  // Back to the first task: what came later is gone, what was completed stays.
  await openActs(page);
  await page.getByTestId("go-back").first().click();
  await page.getByRole("dialog").getByText("One is there").waitFor(LONG);
  await page.getByTestId("confirm-back").first().click();
  await page.waitForURL((url) => /\/plays\//.test(url.href) && url.href !== first, LONG);
  await node(page, "verify_one", 40);
  await shell(page);
  await said(page, "ls /tmp/later 2>/dev/null || echo la''ter-gone; pgrep -c sleep", "later-gone");
  await typeLine(page, "touch /tmp/two");
  await node(page, "verify_two", 40);
  await page.getByTestId("solved-strip").waitFor(LONG);

  // The attempt that it took the place of has ended.
  await page.goto(first);
  await page.getByText("You went back to an earlier moment of it.").first().waitFor(LONG);
  await page.context().close();
}, 900_000);

/** What can be done with a play lies behind one button where the header has no room. */
async function openActs(page: Page): Promise<void> {
  const button = page.locator(".actsbutton");
  if (await button.isVisible()) await button.click();
}
