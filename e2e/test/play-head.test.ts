import { randomBytes } from "node:crypto";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openBrowser } from "../src/browser.ts";
import { endpoint } from "../src/content.ts";
import { challengeText } from "../src/dev-loop.ts";
import { Learner } from "../src/learner.ts";
import { OwnChallenge } from "../src/own-challenge.ts";
import { resize } from "../src/resize.ts";

const LONG = { timeout: 100_000 };
const id = randomBytes(4).toString("hex");
const TITLE =
  "A long list of things to do whose title is as long as titles of challenges may well be";

/** A challenge in a container with so many tasks, done by files below /srv/list. */
const text = (count: number) =>
  challengeText(
    "Do it all.",
    Object.fromEntries(
      Array.from({ length: count }, (_, at) => [`verify_${at}`, `test -e /srv/list/${at}`]),
    ),
    "  init_list: { init: true, run: install -d -o laborant /srv/list }\n",
  )
    .replace(/^title: .*$/m, `title: ${TITLE}`)
    .replace(
      "playground: debian-stable",
      "playground:\n  name: debian-stable\n  machines: [{ name: debian-01, backend: container }]",
    );

const owns: OwnChallenge[] = [];
let browser: Browser;
let learner: Learner;
const plays: Record<number, string> = {};

beforeAll(async () => {
  browser = await openBrowser();
  learner = await Learner.signUp(`head-${id}`);
  for (const count of [14, 20]) {
    owns.push(await OwnChallenge.publish(`head-${count}-${id}`, text(count)));
    plays[count] = await learner.start(`head-${count}-${id}`);
  }
}, 200_000);
afterAll(async () => {
  for (const play of Object.values(plays))
    await learner
      .ask("mutation($id: ID!) { endPlay(id: $id) { id } }", { id: play })
      .catch(() => undefined);
  await browser?.close();
  for (const own of owns) own[Symbol.dispose]();
});

async function open(count: number, options: BrowserContextOptions): Promise<Page> {
  const context = await browser.newContext(options);
  await context.addCookies(
    learner.cookie.split("; ").map((one) => {
      const at = one.indexOf("=");
      return { name: one.slice(0, at), value: one.slice(at + 1), url: endpoint };
    }),
  );
  const page = await context.newPage();
  await page.goto(`${endpoint}/plays/${plays[count]}`);
  await page.locator('[data-terminal-state="connected"]').first().waitFor(LONG);
  return page;
}

test("a header's marks of tasks can be told apart at any width, and many are one bar", async () => {
  for (const count of [14, 20]) {
    const page = await open(count, { viewport: { width: 1440, height: 900 } });
    if (count === 20) {
      await learner.exec(plays[20]!, "debian-01", "touch /srv/list/{0..4}", "root");
      await page.getByText("5 of 20").first().waitFor(LONG);
    }
    for (const width of [1440, 1401, 1181, 761, 360]) {
      await resize(page, width, 900);
      const seen = await page.locator(".playhead").evaluate((head) => {
        const boxes = (selector: string) =>
          [...head.querySelectorAll(selector)].map((one) => one.getBoundingClientRect());
        return {
          marks: boxes(".cells i").map((box) => box.width),
          ends: boxes("button, .cells, .n, h1")
            .filter((box) => box.width)
            .map((box) => box.right),
          title: boxes("h1")[0]!.width,
        };
      });
      expect(Math.min(...seen.marks), `marks at ${width}`).toBeGreaterThanOrEqual(4);
      expect(seen.marks, `at ${width}`).toHaveLength(count === 20 ? 2 : 14);
      expect(Math.max(...seen.ends), `edge at ${width}`).toBeLessThanOrEqual(width);
      expect(seen.title, `title at ${width}`).toBeGreaterThan(40);
    }
    await page.context().close();
  }
}, 300_000);

test("what can be done with a play is reached by keys where it is folded, and the focus is never lost", async () => {
  const page = await open(20, { viewport: { width: 1280, height: 800 } });
  const button = page.locator(".actsbutton");
  const focused = () => page.evaluate(() => document.activeElement?.textContent?.trim() ?? "");
  await button.focus();
  await page.keyboard.press("Enter");
  expect(await button.getAttribute("aria-expanded")).toBe("true");
  const acts = await page.locator(".actslist > button:visible").allInnerTexts();
  expect(acts.map((one) => one.trim())).toEqual(["Pause", "Extend", "Ports", "Restart", "End"]);
  for (const act of acts) {
    await page.keyboard.press("ArrowDown");
    expect(await focused()).toBe(act.trim());
  }
  await page.keyboard.press("ArrowDown");
  expect(await focused()).toBe("Pause");
  await page.keyboard.press("ArrowUp");
  expect(await focused()).toBe("End");
  // A question of the list: Escape closes it alone, and leads back to where it was asked.
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").getByText("End this attempt?").waitFor(LONG);
  await page.keyboard.press("Escape");
  expect(await focused()).toBe("End");
  expect(await button.getAttribute("aria-expanded")).toBe("true");
  await page.keyboard.press("Escape");
  expect(await button.getAttribute("aria-expanded")).toBe("false");
  expect(await focused()).toBe("Play");
  // Who tabs on leaves no list over the page.
  await page.keyboard.press("Enter");
  for (let at = 0; at <= acts.length; at++) await page.keyboard.press("Tab");
  expect(await button.getAttribute("aria-expanded")).toBe("false");
  // An act folds the list, and the focus is on its button.
  await button.focus();
  await page.keyboard.press("Enter");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  expect(await button.getAttribute("aria-expanded")).toBe("false");
  expect(await focused()).toBe("Play");
  await page.context().close();
}, 300_000);

test("on touch every act is large enough and in reach, on a phone that lies on its side, too", async () => {
  const page = await open(20, {
    viewport: { width: 700, height: 330 },
    hasTouch: true,
    isMobile: true,
  });
  await page.locator(".actsbutton").tap();
  const box = (await page.locator(".actsbutton").boundingBox())!;
  expect(box.height).toBeGreaterThanOrEqual(40);
  const list = page.locator(".actslist");
  const end = list.getByRole("button", { name: "End", exact: true });
  await end.scrollIntoViewIfNeeded();
  const at = (await end.boundingBox())!;
  expect(at.height).toBeGreaterThanOrEqual(40);
  expect(at.y + at.height).toBeLessThanOrEqual(330);
  await end.tap();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("End this attempt?").waitFor(LONG);
  await dialog.getByRole("button", { name: "Keep going" }).tap();
  await page.context().close();
}, 300_000);
