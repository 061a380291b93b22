import { randomBytes } from "node:crypto";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openBrowser, typeLine } from "../src/browser.ts";
import { endpoint } from "../src/content.ts";
import { DevLoop } from "../src/dev-loop.ts";
import { keepPicture } from "../src/keep-picture.ts";
import { Learner } from "../src/learner.ts";
import { OwnChallenge } from "../src/own-challenge.ts";
import { resize } from "../src/resize.ts";

const LONG = { timeout: 100_000 };
const name = `slow-${randomBytes(4).toString("hex")}`;
const SHELVES = ["bread", "milk", "salt", "oil", "tea", "rice", "soap", "ink"];
/**
 * One init task that fails and one that hangs, both until the machine has a file. A header with as much
 * in it as texts may have: a long title, many tasks, points and hints.
 */
const TEXT = `---
kind: challenge
title: A shop that is slow to open, and whose title is rather long
description: Init tasks that end badly, for the test of what a learner is told.
categories: [linux]
tagz: [e2e]
difficulty: easy
createdAt: 2026-11-29
playground:
  name: flexbox
  machines:
    - { name: shop, backend: container, users: [{ name: laborant, default: true }], drives: [{ source: debian-12, mount: /, size: 2GiB }], network: { interfaces: [{ network: local }] } }
tasks:
  init_ground: { init: true, run: mkdir -p /srv/shop }
  init_tables: { init: true, needs: [init_ground], run: "test -e /srv/shop/open || { echo the cellar key is 4711; exit 3; }" }
  init_index: { init: true, needs: [init_ground], timeout_seconds: 3, run: "test -e /srv/shop/open || { echo counting shelves; exec sleep 600; }" }
${SHELVES.map((one) => `  verify_${one}: { run: test -e /srv/shop/${one}, hintcheck: echo No ${one}. }`).join("\n")}
---
The shop opens soon.

${SHELVES.map(
  (one) =>
    `::simple-task\n---\n:tasks: tasks\n:name: verify_${one}\n---\n#active\nPut ${one} on the shelf.\n#completed\nDone.\n::\n`,
).join("\n")}
::hint-box
---
:summary: Where the shelf is
---
In \`/srv/shop\`.
::
`;
let own: OwnChallenge | undefined;
let browser: Browser;

beforeAll(async () => {
  own = await OwnChallenge.publish(name, TEXT);
  browser = await openBrowser();
}, 200_000);
afterAll(async () => {
  await browser?.close();
  own?.[Symbol.dispose]();
});

const steps = (page: Page) => page.locator(".starting");
const troubles = (page: Page) => page.getByTestId("init-trouble");

test("a learner whose play is not ready sees which step waits and how its last round ended, never its output", async () => {
  const learner = await Learner.signUp(`waits-${randomBytes(3).toString("hex")}`);
  const play = await learner.start(name);
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  await context.addCookies(
    learner.cookie.split("; ").map((one) => {
      const at = one.indexOf("=");
      return { name: one.slice(0, at), value: one.slice(at + 1), url: endpoint };
    }),
  );
  const page = await context.newPage();
  await page.goto(`${endpoint}/plays/${play}`);
  await troubles(page)
    .filter({ hasText: "It ended with exit 3, and is tried again." })
    .waitFor(LONG);
  await troubles(page)
    .filter({ hasText: "It ran out of time after 3 s, and is tried again." })
    .waitFor(LONG);
  await steps(page).getByText("2 of 4 steps completed.").waitFor(LONG);
  await steps(page).getByText("Nothing of this is your doing.").waitFor(LONG);
  const seen = await page.content();
  expect(seen).not.toContain("4711");
  expect(seen).not.toContain("counting shelves");
  expect(await page.getByTestId("printed-last").count()).toBe(0);
  // Nor in what the page was told.
  const told = await learner.ask(
    "query($id: ID!) { play(id: $id) { tasks { name hint failure trouble } } }",
    { id: play },
  );
  expect(JSON.stringify(told)).not.toContain("4711");

  await learner.exec(play, "shop", "touch /srv/shop/open", "root");
  await page.locator('[data-terminal-state="connected"]').first().waitFor(LONG);
  expect(await troubles(page).count()).toBe(0);

  // Nothing of the header, nor of the panes below, is beyond the window's edge.
  for (const width of [1440, 1401, 1181, 360]) {
    await resize(page, width, 900);
    const edges = await page
      .locator(".playhead button:visible, .panehead button:visible")
      .evaluateAll((all) => all.map((one) => one.getBoundingClientRect().right));
    expect(Math.max(...edges), `at ${width}`).toBeLessThanOrEqual(width);
  }
  await context.close();
}, 300_000);

test("the author of a draft sees what it printed last, too", async () => {
  await using dev = new DevLoop(`${name}-draft`, TEXT);
  const page = await (
    await browser.newContext({ viewport: { width: 1440, height: 900 } })
  ).newPage();
  await page.goto(await dev.link());
  const printed = page.getByTestId("printed-last");
  await printed.filter({ hasText: "the cellar key is 4711" }).waitFor(LONG);
  await printed.filter({ hasText: "counting shelves" }).waitFor(LONG);
  await steps(page).getByText("Learners see why a step waits").waitFor(LONG);
  // The page was open before the machine was: that it answers now is seen there, too.
  await page.getByTestId("task-debugger").getByText("No run on shop yet.").waitFor(LONG);
  await page.context().close();
}, 300_000);

test("an init task whose failcheck fails says to learners what the failcheck says, and to its author which task it was", async () => {
  const failing = `${TEXT.replace(
    "init_ground: { init: true, run: mkdir -p /srv/shop }",
    `init_ground: { init: true, failcheck: "echo The cellar is flooded.; exit 4", run: echo the key is 4711 }
  verify_word: { run: '[ "x(.input)" = open ]', hintcheck: echo Another one. }`,
  ).replace("  machines:\n", "  checkpoints: true\n  machines:\n")}
::user-input-task
---
:tasks: tasks
:name: verify_word
---
#active
Which word opens it?
::
`;
  using _own = await OwnChallenge.publish(`${name}-fails`, failing);
  const learner = await Learner.signUp(`floods-${randomBytes(3).toString("hex")}`);
  const play = await learner.start(`${name}-fails`);
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  await context.addCookies(
    learner.cookie.split("; ").map((one) => {
      const at = one.indexOf("=");
      return { name: one.slice(0, at), value: one.slice(at + 1), url: endpoint };
    }),
  );
  const page = await context.newPage();
  await page.goto(`${endpoint}/plays/${play}`);
  await page
    .getByRole("alert")
    .filter({ hasText: "the step “ground” of the preparation: The cellar is flooded." })
    .waitFor(LONG);
  const told = await learner.ask<{ play: { reason: string } }>(
    "query($id: ID!) { play(id: $id) { reason tasks { name hint failure } } }",
    { id: play },
  );
  expect(told.play.reason).toBe("init task init_ground failed: The cellar is flooded.");
  expect(JSON.stringify(told)).not.toContain("4711");

  // Its machine can be looked at, also after a reload; the header offers nothing that can't work.
  await page.reload();
  await page.locator('[data-terminal-state="connected"]').first().waitFor(LONG);
  await typeLine(page, "echo still-$((40 + 2))");
  await page.getByTestId("terminal").filter({ hasText: "still-42" }).waitFor(LONG);
  await page.getByRole("alert").getByText("Its machines can be looked at").waitFor(LONG);
  expect(await page.getByTestId("pause-play").isDisabled()).toBe(true);
  expect(await page.getByTestId("copy-play").count()).toBe(0);
  expect(await page.getByTestId("go-back").count()).toBe(0);
  expect(await page.getByTestId("task-input").isDisabled()).toBe(true);
  await page.getByText("Ends in").first().waitFor(LONG);
  for (const [width, colorScheme] of [
    [1440, "dark"],
    [1440, "light"],
    [360, "light"],
  ] as const) {
    await resize(page, width, width === 360 ? 740 : 900);
    await page.emulateMedia({ colorScheme });
    await page.reload();
    await page.getByTestId("terminal").filter({ hasText: "still-42" }).waitFor(LONG);
    await keepPicture(page, `init-failed-${width}-${colorScheme}`);
  }
  await resize(page, 1440, 900);
  for (const act of ["pausePlay(id: $id)", "forkPlay(id: $id)"])
    await expect(
      learner.ask(`mutation($id: ID!) { ${act} { id } }`, { id: play }),
      act,
    ).rejects.toThrow(/The play/);
  await page.getByRole("button", { name: "Restart attempt" }).first().click();
  await expect.poll(() => page.url(), LONG).not.toContain(play);
  await context.close();

  await using dev = new DevLoop(`${name}-floods`, failing);
  const mine = await (
    await browser.newContext({ viewport: { width: 1440, height: 900 } })
  ).newPage();
  await mine.goto(await dev.link());
  await dev.says(
    /The play never gets ready: init task init_ground failed: The cellar is flooded\./,
  );
  await mine.getByRole("button", { name: "Look at init_ground" }).click(LONG);
  await mine
    .getByTestId("task-failure")
    .filter({ hasText: "Its failcheck said: The cellar is flooded." })
    .waitFor(LONG);
  await mine.context().close();
}, 300_000);
