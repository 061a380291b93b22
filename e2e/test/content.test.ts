import { randomBytes } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { violations } from "../src/axe.ts";
import { openBrowser } from "../src/browser.ts";
import { endpoint } from "../src/content.ts";
import { ask } from "../src/graphql.ts";
import { Learner } from "../src/learner.ts";
import { inventedLibrary, publishFiles } from "../src/library.ts";
import { operator } from "../src/ask-operator.ts";

const LONG = { timeout: 100_000 };
const id = randomBytes(3).toString("hex");
const name = `invented-${id}`;
/** A word that nothing else has: long enough for a typing error. */
const word = `quantelbrix${id}`;

let browser: Browser;
let learner: Learner;
let author: Learner;
let library: Disposable;

beforeAll(async () => {
  library = publishFiles(inventedLibrary(name, word));
  browser = await openBrowser();
  learner = await Learner.signUp(`reader-${id}`);
  author = await Learner.signUp(`writer-${id}`);
  await operator("mutation($h: String!) { setRole(handle: $h, role: author) { role } }", {
    h: author.handle,
  });
  while ((await total(word)).total < 3) await pause(300);
});
afterAll(async () => {
  library?.[Symbol.dispose]();
  await browser?.close();
});

const total = async (search: string) =>
  (
    await ask<{ catalogue: { total: number; items: { kind: string; name: string }[] } }>(
      "query($s: String) { catalogue(search: $s) { total items { kind name } } }",
      { s: search },
    )
  ).catalogue;

async function context(
  who: Learner,
  colorScheme: "dark" | "light" = "dark",
  width = 1440,
): Promise<BrowserContext> {
  const made = await browser.newContext({
    colorScheme,
    reducedMotion: "reduce",
    viewport: { width, height: 900 },
  });
  await made.addCookies(
    who.cookie.split("; ").map((cookie) => ({
      name: cookie.slice(0, cookie.indexOf("=")),
      value: cookie.slice(cookie.indexOf("=") + 1),
      url: endpoint,
    })),
  );
  return made;
}

/** Waits until scripts own the page. */
async function open(page: Page, path: string): Promise<void> {
  await page.goto(`${endpoint}${path}`, { waitUntil: "load" });
  await page.locator("h1").first().waitFor(LONG);
}

/** What is wider than its page, and boxes without anything in them. */
const misshapen = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const wide = document.documentElement.scrollWidth > document.documentElement.clientWidth;
    const boxes = ".callout, .standout, .foldbox summary, .card, .task .body, .codebox pre, figure";
    const empty = [...document.querySelectorAll(boxes)].filter((box) => {
      const shown = box.getClientRects().length > 0;
      return shown && !box.textContent?.trim() && !box.querySelector("img, input");
    });
    return [
      ...(wide ? [`the page is ${document.documentElement.scrollWidth} px wide`] : []),
      ...empty.map((box) => `empty: ${box.className}`),
    ];
  });

test("typing errors find content, filters and words are in the address, and related content is shown", async () => {
  const typo = `${word.slice(0, 4)}x${word.slice(5)}`;
  expect((await total(typo)).total).toBe(3);

  const made = await context(learner);
  const page = await made.newPage();
  await open(page, "/catalogue");
  // Until scripts own the page, a key does nothing.
  const focused = () => page.evaluate(() => document.activeElement?.tagName === "INPUT");
  await expect
    .poll(async () => (await focused()) || (await page.keyboard.press("/"), await focused()), LONG)
    .toBe(true);
  await page.keyboard.type(typo);
  await page.getByText("3 fit.").waitFor(LONG);
  await page.getByRole("checkbox", { name: /^Tutorials/ }).click();
  await page.getByText("1 fits.").waitFor(LONG);
  const { searchParams } = new URL(page.url());
  expect(searchParams.get("search")).toBe(typo);
  expect(searchParams.get("kind")).toBe("tutorial");
  // The other values say what they would show instead.
  await page.getByRole("checkbox", { name: /^Courses\s*1$/ }).waitFor(LONG);
  await page.reload({ waitUntil: "load" });
  await page.getByText("1 fits.").waitFor(LONG);
  await page.getByRole("searchbox").focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.waitForURL(`**/tutorials/${name}`, LONG);
  await page.getByRole("link", { name: `A course of ${word}` }).waitFor(LONG);
  await made.close();
});

test("a tutorial is read, its machine started, its task seen, and it is marked and unmarked", async () => {
  const made = await context(learner);
  const page = await made.newPage();
  await page.addInitScript(() => {
    const shifts: number[] = [];
    Object.assign(globalThis, { shifts });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries())
        if (!(entry as unknown as { hadRecentInput: boolean }).hadRecentInput)
          shifts.push((entry as unknown as { value: number }).value);
    }).observe({ type: "layout-shift", buffered: true });
  });
  await open(page, `/tutorials/${name}`);
  const text = page.locator("article.reading");
  expect(await text.textContent()).toContain("not known yet");
  const image = text.locator("figure img").first();
  expect(await image.getAttribute("src")).toMatch(/^\/__static__\/[0-9a-f]{16}\//);
  expect(await image.getAttribute("width")).toBe("640");

  // One choice switches every block of the same tabs, also by keyboard.
  await page.getByRole("tab", { name: "Alpine" }).first().click();
  for (const panel of ["First, for Alpine.", "Second, for Alpine."])
    await text.getByText(panel).waitFor(LONG);
  expect(await text.getByText("Second, for Debian.").isVisible()).toBe(false);
  await page.keyboard.press("ArrowLeft");
  await text.getByText("Second, for Debian.").waitFor(LONG);

  await page.getByRole("button", { name: "Enlarge: A grey box" }).click();
  await page.locator("dialog.zoomed[open]").waitFor(LONG);
  await page.keyboard.press("Escape");
  expect(await page.locator("dialog.zoomed[open]").count()).toBe(0);

  await page.getByTestId("start-play").locator("visible=true").click();
  await page.waitForURL("**/plays/*", LONG);
  await page.locator('[data-terminal-state="connected"]').first().waitFor(LONG);
  const play = new URL(page.url()).pathname.split("/").at(-1)!;
  try {
    const block = page.locator('[data-testid="task-block"][data-task="verify_file"]');
    await page.locator('[data-task="verify_file"][data-state="30"]').first().waitFor(LONG);
    // What the machine drew is in the text; what the text does not name is nowhere.
    const brief = page.locator(".brief");
    await brief.getByText(/The colour is ultramarine-\d+/).waitFor(LONG);
    const answer = await learner.ask<Record<string, unknown>>(
      "query($id: ID!) { play(id: $id) { variables { name value } tasks { name hint failure } } }",
      { id: play },
    );
    expect(JSON.stringify(answer)).not.toContain("never-to-be-seen");
    expect(JSON.stringify(answer)).toContain("ultramarine");

    await page.getByRole("button", { name: "one more shell" }).click();
    await page.getByRole("tab", { name: "debian-01 2" }).waitFor(LONG);

    const before = await block.boundingBox();
    await page.evaluate(() => ((globalThis as unknown as { shifts: number[] }).shifts.length = 0));
    await learner.exec(play, "debian-01", "cp /srv/colour /srv/answer");
    await page
      .locator('[data-testid="task-block"][data-task="verify_file"][data-state="40"]')
      .waitFor(LONG);
    await block.getByText("It does stand there.").waitFor(LONG);
    const after = await block.boundingBox();
    // The reason below it has gone; its place and width stay.
    expect({ x: after!.x, y: after!.y, width: after!.width }).toEqual({
      x: before!.x,
      y: before!.y,
      width: before!.width,
    });

    expect(await status()).toBe("attempted");
    await page.getByRole("button", { name: "Mark as completed" }).click();
    await page.locator('[data-testid="mark-row"][data-done="true"]').waitFor(LONG);
    expect(await status()).toBe("solved");
    await page.getByRole("button", { name: "Undo" }).click();
    await page.locator('[data-testid="mark-row"][data-done="false"]').waitFor(LONG);
    expect(await status()).toBe("attempted");
    // A tutorial has no points.
    const { leaderboard } = await learner.ask<{ leaderboard: { own: unknown } }>(
      "{ leaderboard { own { points } } }",
    );
    expect(leaderboard.own).toBe(null);
  } finally {
    await learner.ask("mutation($id: ID!) { endPlay(id: $id) { id } }", { id: play });
    await made.close();
  }
});

const status = async () =>
  (
    await learner.ask<{ content: { status: string } }>(
      'query($n: String!) { content(kind: "tutorial", name: $n) { status } }',
      { n: name },
    )
  ).content.status;

test("a course is walked lesson by lesson, and a path counts what was completed", async () => {
  const made = await context(learner);
  const page = await made.newPage();
  await open(page, `/courses/${name}`);
  expect(await page.getByTestId("progress").textContent()).toContain("0 of 2");
  await page.getByRole("link", { name: "Begin with Lesson one" }).click();
  await page.waitForURL(`**/courses/${name}/one`, LONG);
  await page.getByText("Only words.").waitFor(LONG);
  await page.getByRole("button", { name: "Mark as completed" }).click();
  await page.locator('[data-testid="mark-row"][data-done="true"]').waitFor(LONG);
  await page.getByRole("link", { name: "Next: Lesson two" }).click();
  await page.getByText("More words.").waitFor(LONG);
  await page.getByRole("button", { name: "Mark as completed" }).click();
  await page.locator('[data-testid="mark-row"][data-done="true"]').waitFor(LONG);
  await open(page, `/skill-paths/${name}`);
  expect(await page.getByTestId("progress").textContent()).toContain("1 of 2");
  expect(
    await page
      .getByTestId("unit")
      .evaluateAll((units) =>
        units.map((unit) => (unit as unknown as { dataset: { done: string } }).dataset.done),
      ),
  ).toEqual(["false", "true"]);
  await made.close();
});

test("pages of content and the kit have no violations, no overflow and no empty box, in any theme and width", async () => {
  const pages = [
    "/kit",
    `/tutorials/${name}`,
    `/courses/${name}`,
    `/courses/${name}/one`,
    `/skill-paths/${name}`,
    "/playgrounds/mini-lan",
    "/catalogue",
  ];
  const found: Record<string, string[]> = {};
  for (const [theme, width] of [
    ["dark", 1440],
    ["light", 1440],
    ["dark", 360],
  ] as const) {
    const made = await context(author, theme, width);
    const page = await made.newPage();
    const said: string[] = [];
    page.on("pageerror", (error) => said.push(error.message));
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") said.push(message.text());
    });
    for (const path of pages) {
      await open(page, path);
      const bad = [
        ...(await misshapen(page)),
        ...(await violations(page, width === 360 ? "dark" : theme)),
        // The kit shows a file that is missing, on purpose.
        ...said.splice(0).filter((one) => !/404/.test(one)),
      ];
      if (bad.length) found[`${path} ${theme} ${width}`] = bad;
    }
    await made.close();
  }
  expect(found).toEqual({});
});

test("the kit is for authors", async () => {
  const made = await context(learner);
  const page = await made.newPage();
  const response = await page.goto(`${endpoint}/kit`);
  expect(response?.status()).toBe(403);
  await made.close();
});
