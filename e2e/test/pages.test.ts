import { randomBytes } from "node:crypto";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { violations } from "../src/axe.ts";
import { openBrowser } from "../src/browser.ts";
import { endpoint } from "../src/content.ts";
import { ask } from "../src/graphql.ts";
import { Learner } from "../src/learner.ts";
import { resize } from "../src/resize.ts";

const LONG = { timeout: 60_000 };
const id = randomBytes(4).toString("hex");

let browser: Browser;
let learner: Learner;
let play: string;
let challenge: { name: string; title: string; description: string; body: string };

beforeAll(async () => {
  browser = await openBrowser();
  learner = await Learner.signUp(`page-${id}`);
  const { challenges } = await ask<{ challenges: (typeof challenge)[] }>(
    "{ challenges { name title description body } }",
  );
  challenge = challenges.find((one) => one.name === "rescue-the-web-server")!;
  play = await learner.start(challenge.name);
});
afterAll(async () => {
  await learner
    ?.ask("mutation($id: ID!) { endPlay(id: $id) { id } }", { id: play })
    .catch(() => undefined);
  await browser?.close();
});

interface Problem {
  page: string;
  text: string;
}

/** A page of somebody who is signed in; what it complains about is kept. */
async function context(
  colorScheme: "dark" | "light",
  width: number,
  problems: Problem[],
): Promise<BrowserContext> {
  const made = await browser.newContext({
    colorScheme,
    reducedMotion: "reduce",
    viewport: { width, height: 800 },
  });
  await made.addCookies(
    learner.cookie.split("; ").map((cookie) => ({
      name: cookie.slice(0, cookie.indexOf("=")),
      value: cookie.slice(cookie.indexOf("=") + 1),
      url: endpoint,
    })),
  );
  made.on("page", (page) => {
    page.on("pageerror", (error) => problems.push({ page: page.url(), text: error.message }));
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type()) && !/status of 404/.test(message.text()))
        problems.push({ page: page.url(), text: message.text() });
    });
  });
  return made;
}

const publicPages = () => [
  "/",
  "/challenges",
  "/challenges?search=qqxzzqqxzz",
  `/challenges/${challenge.name}`,
  "/leaderboard",
  `/leaderboard?challenge=${challenge.name}`,
  `/users/${learner.handle}`,
  "/bots",
  "/problems",
  "/settings",
  "/operate",
  "/sign-in",
  "/sign-in?mode=up",
  "/nowhere",
];

/** Waits until scripts own the page: before, a click would be replayed. */
async function open(page: Page, path: string): Promise<void> {
  await page.goto(`${endpoint}${path}`, { waitUntil: "load" });
  await page.locator("h1").first().waitFor(LONG);
  if (path.startsWith("/plays/"))
    await page.locator('[data-terminal-state="connected"]').first().waitFor(LONG);
}

/** HTML of a path as a reader without scripts gets it. */
async function source(path: string, cookie = ""): Promise<{ status: number; text: string }> {
  const response = await fetch(`${endpoint}${path}`, { headers: cookie ? { cookie } : {} });
  const html = await response.text();
  // Data for hydration is no content: what counts stands in elements.
  const text = html.replaceAll(/<script[\s\S]*?<\/script>/g, "").replaceAll(/<!--[\s\S]*?-->/g, "");
  return { status: response.status, text };
}

test("public pages leave the server with their content, for the visitor whose cookie came", async () => {
  const escaped = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  const catalogue = await source("/challenges");
  expect(catalogue.status).toBe(200);
  expect(catalogue.text).toContain(escaped(challenge.title));
  expect(catalogue.text).toContain(`href="/challenges/${challenge.name}"`);

  const page = await source(`/challenges/${challenge.name}`);
  const sentence = challenge.body.split(/[.`*:\n]/).find((one) => one.length > 30)!;
  expect(page.text).toContain(escaped(sentence.trim()));
  expect(page.text).toContain("Sign in to start");

  const own = await source("/", learner.cookie);
  expect(own.text).toContain(`href="/users/${learner.handle}"`);
  expect(own.text).toContain(`href="/plays/${play}"`);
  expect((await source("/")).text).not.toContain(learner.handle);

  const { leaderboard } = await ask<{ leaderboard: { rows: { handle: string }[] } }>(
    "{ leaderboard(first: 10) { rows { handle } } }",
  );
  const board = await source("/leaderboard");
  for (const row of leaderboard.rows) expect(board.text).toContain(row.handle);

  expect((await source(`/users/${learner.handle}`)).text).toContain(challenge.title);
  expect((await source("/sign-in?mode=up")).text).toContain('name="handle"');
  expect(await source("/bots")).toMatchObject({ status: 200 });
  for (const gone of ["/nowhere", "/challenges/no-such", "/users/no-such"])
    expect(await source(gone), gone).toMatchObject({ status: 404 });
});

test("text of users and addresses is escaped by the server", async () => {
  const nasty = `/users/${encodeURIComponent("<script>alert(1)</script>")}`;
  const response = await fetch(`${endpoint}${nasty}`);
  expect(await response.text()).not.toContain("<script>alert(1)");
});

for (const theme of ["dark", "light"] as const)
  test(`every page in ${theme}: no serious fault for assistive technology, nothing sideways at 360 px, a silent console`, async () => {
    const problems: Problem[] = [];
    const made = await context(theme, 1440, problems);
    const found: Problem[] = [];
    for (const path of [...publicPages(), `/plays/${play}`]) {
      const page = await made.newPage();
      await open(page, path);
      expect(await page.evaluate(() => document.documentElement.dataset["theme"])).toBe(theme);
      for (const text of await violations(page, theme)) found.push({ page: path, text });
      await resize(page, 360, 760);
      const sideways = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      if (sideways > 0) found.push({ page: path, text: `${sideways} px too wide at 360 px` });
      if (path.startsWith("/plays/"))
        for (const text of await violations(page, theme))
          found.push({ page: `${path} at 360 px`, text });
      await page.close();
    }
    await made.close();
    expect(found).toEqual([]);
    expect(problems).toEqual([]);
  });

test("scripts take over what the server drew, without a jump and without asking for it again", async () => {
  const problems: Problem[] = [];
  const made = await context("dark", 1440, problems);
  const page = await made.newPage();
  const asked: string[] = [];
  page.on("request", (request) => {
    if (request.url().endsWith("/graphql")) asked.push(request.postData() ?? "");
  });
  await page.addInitScript(() => {
    const shifts: number[] = [];
    Object.assign(globalThis, { shifts });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries())
        shifts.push((entry as unknown as { value: number }).value);
    }).observe({ type: "layout-shift", buffered: true });
  });
  await open(page, "/leaderboard");
  await page.locator('[data-testid="connection"][data-state="live"]').first().waitFor(LONG);
  const shift = await page.evaluate(() =>
    (globalThis as unknown as { shifts: number[] }).shifts.reduce((sum, one) => sum + one, 0),
  );
  expect(shift).toBeLessThan(0.01);
  expect(asked).toEqual([]);

  await open(page, "/challenges");
  await page.keyboard.press("/");
  await page.keyboard.type("qqxzzqqxzz");
  await page.getByText("Nothing fits").waitFor(LONG);
  expect(new URL(page.url()).searchParams.get("search")).toBe("qqxzzqqxzz");
  await page.getByRole("button", { name: "Clear all filters" }).click();
  await page.getByRole("checkbox", { name: /^Easy/ }).click();
  expect(new URL(page.url()).searchParams.get("difficulty")).toBe("easy");
  await expect.poll(() => page.getByRole("cell", { name: "Medium" }).count(), LONG).toBe(0);
  await page.reload({ waitUntil: "load" });
  expect(await page.getByRole("checkbox", { name: /^Easy/ }).getAttribute("aria-checked")).toBe(
    "true",
  );
  await made.close();
  expect(problems).toEqual([]);
});

test("the graph is walked by keys, the terminal is left by Ctrl+Shift+Esc, and a lost line is told", async () => {
  const problems: Problem[] = [];
  const made = await context("dark", 1440, problems);
  const page = await made.newPage();
  await open(page, `/plays/${play}`);
  const nodes = page.getByRole("treeitem");
  await nodes.first().focus();
  await page.keyboard.press("ArrowDown");
  const focused = () => page.evaluate(() => document.activeElement?.getAttribute("data-task"));
  const second = await focused();
  expect(second).not.toBe(await nodes.first().getAttribute("data-task"));
  await page.keyboard.press("ArrowUp");
  expect(await focused()).toBe(await nodes.first().getAttribute("data-task"));
  expect(await page.locator('[role="treeitem"][tabindex="0"]').count()).toBe(1);

  await page.getByTestId("terminal").first().click();
  await page.keyboard.press("Control+Shift+Escape");
  const inTerminal = () =>
    page.evaluate(() => document.activeElement?.closest('[data-testid="terminal"]') !== null);
  expect(await inTerminal()).toBe(false);
  // The way on leads past the terminal, the way back into it.
  await page.keyboard.press("Tab");
  expect(await inTerminal()).toBe(false);
  expect(await page.evaluate(() => document.activeElement?.tagName)).not.toBe("BODY");

  await page.getByRole("button", { name: "As list" }).click();
  expect(await page.getByTestId("task-node").count()).toBe(
    await page.locator(".rail > span").count(),
  );
  await made.setOffline(true);
  await page.locator('[data-testid="connection"][data-state="offline"]').first().waitFor(LONG);
  await made.setOffline(false);
  await page.locator('[data-testid="connection"][data-state="live"]').first().waitFor(LONG);
  await made.close();
});
