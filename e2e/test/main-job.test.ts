import { randomBytes } from "node:crypto";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openBrowser, signUp, typeLine } from "../src/browser.ts";
import { endpoint, publishInvented } from "../src/content.ts";
import { ask } from "../src/graphql.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(() => browser?.close());

const LONG = { timeout: 90_000 };
const taskState = (page: Page, task: string, state: number) =>
  page.locator(`[data-testid="task-node"][data-task="${task}"][data-state="${state}"]`).first();
/** Waits until the terminal shows a text. */
const shows = (page: Page, text: string) =>
  expect
    .poll(() => page.getByTestId("terminal").first().textContent({ timeout: 1_000 }), LONG)
    .toContain(text);

test("10.3/5: a challenge invented at run time appears; solved in the browser's terminal, the row moves in another browser by a next frame alone", async () => {
  const id = randomBytes(4).toString("hex");
  const name = `invented-${id}`;
  const [token, answer] = [randomBytes(6).toString("hex"), randomBytes(6).toString("hex")];
  using _published = publishInvented(name, token, answer);
  await expect
    .poll(
      async () =>
        (
          await ask<{ challenge: { name: string } | null }>(
            "query($n: String!) { challenge(name: $n) { name } }",
            { n: name },
          )
        ).challenge?.name,
      LONG,
    )
    .toBe(name);

  const learner = await (
    await browser.newContext({ viewport: { width: 1440, height: 900 } })
  ).newPage();
  const viewer = await (
    await browser.newContext({ viewport: { width: 1200, height: 900 } })
  ).newPage();
  const problems: string[] = [];
  learner.on("pageerror", (error) => problems.push(error.message));
  const handle = `ada-${id}`;
  await signUp(learner, endpoint, handle);

  let frames = 0;
  viewer.on("websocket", (socket) =>
    socket.on(
      "framereceived",
      ({ payload }) =>
        void (
          /"type":"next"/.test(String(payload)) &&
          String(payload).includes(handle) &&
          frames++
        ),
    ),
  );
  await viewer.goto(`${endpoint}/leaderboard`);
  await viewer.locator('[data-testid="connection"][data-state="live"]').first().waitFor(LONG);
  let requests = 0;
  viewer.on("request", (request) => void (request.resourceType() !== "websocket" && requests++));

  await learner.goto(`${endpoint}/challenges/${name}`);
  await learner.getByTestId("start-play").first().click();
  await learner.waitForURL(/\/plays\//, LONG);
  await taskState(learner, "verify_file", 30).waitFor(LONG);
  await learner.getByTestId("terminal").first().waitFor(LONG);
  await shows(learner, "laborant");

  await typeLine(learner, "echo wrong > /srv/e2e/token");
  await typeLine(learner, `echo ${token} > /srv/e2e/token`);
  await taskState(learner, "verify_file", 40).waitFor(LONG);

  // A reload in the middle (spec 10.3/5): what is done stays done, and the shell is the same one.
  await typeLine(learner, `kept=of-${id}`);
  await learner.reload();
  await taskState(learner, "verify_file", 40).waitFor(LONG);
  await shows(learner, token);
  await typeLine(learner, "echo still-$kept");
  await shows(learner, `still-of-${id}`);

  const requestsBefore = requests;
  await learner.getByTestId("task-input").first().fill("not it");
  await learner.getByTestId("task-submit").first().click();
  await learner
    .getByTestId("task-hint")
    .filter({ hasText: "That is not the answer." })
    .first()
    .waitFor(LONG);
  await learner.getByTestId("task-input").first().fill(answer);
  await learner.getByTestId("task-submit").first().click();
  await taskState(learner, "verify_answer", 40).waitFor(LONG);
  await learner.getByTestId("solved-strip").waitFor(LONG);

  const row = viewer.locator(`[data-testid="board-row"][data-handle="${handle}"]`);
  await row.waitFor(LONG);
  expect(Number(await row.getAttribute("data-points"))).toBeGreaterThanOrEqual(100);
  expect(requests).toBe(requestsBefore);
  expect(frames).toBeGreaterThan(0);
  expect(problems).toEqual([]);
});

test("pages answer: home, catalogue, challenge, board, bots, sign in, not found; none has a script error", async () => {
  const page = await (
    await browser.newContext({ viewport: { width: 360, height: 740 } })
  ).newPage();
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(`${page.url()}: ${error.message}`));
  const { challenges } = await ask<{ challenges: { name: string }[] }>("{ challenges { name } }");
  expect(challenges.length).toBeGreaterThanOrEqual(6);
  for (const path of [
    "/",
    "/challenges",
    `/challenges/${challenges[0]!.name}`,
    "/leaderboard",
    "/bots",
    "/sign-in",
    "/nowhere",
  ]) {
    await page.goto(`${endpoint}${path}`, { waitUntil: "load" });
    await page.locator("h1").first().waitFor(LONG);
    const wide = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(wide, `${path} scrolls sideways at 360 px`).toBeLessThanOrEqual(0);
  }
  expect(problems).toEqual([]);
});

test("strangers are refused with a code", async () => {
  await expect(
    ask('mutation { startPlay(challenge: "rescue-the-web-server") { id } }'),
  ).rejects.toThrow(/^UNAUTHENTICATED/);
  await expect(ask("{ contentErrors { file } }")).rejects.toThrow(/^(FORBIDDEN|UNAUTHENTICATED)/);
  const deep = await fetch(`${endpoint}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query: "{ nothing }" }),
  });
  expect(await deep.text()).toContain("errors");
});
