import { randomBytes } from "node:crypto";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openBrowser, typeLine } from "../src/browser.ts";
import { DevLoop, challengeText } from "../src/dev-loop.ts";

const LONG = { timeout: 100_000 };
const name = `loop-${randomBytes(3).toString("hex")}`;
const GROUND =
  "  init_ground:\n    init: true\n    run: mkdir -p /srv/loop && chmod 777 /srv/loop\n";
const words = (text: string) => `${text}\n\n${"A paragraph of the statement.\n\n".repeat(60)}`;
const tasks = {
  verify_one: "test -e /srv/loop/one",
  verify_two: "test -e /srv/loop/two",
};
let browser: Browser;
let page: Page;
let dev: DevLoop;

beforeAll(async () => {
  browser = await openBrowser();
  // A warning from the first moment: there is no such component.
  const first = `First words.\n\n::no-such-box\nIts text.\n::\n`;
  dev = new DevLoop(name, challengeText(words(first), tasks, GROUND));
  page = await (await browser.newContext({ viewport: { width: 1440, height: 900 } })).newPage();
  await page.goto(await dev.link());
  await page.getByTestId("terminal").filter({ hasText: "laborant" }).first().waitFor(LONG);
  await node("verify_two", 30).waitFor(LONG);
});
afterAll(async () => {
  await dev[Symbol.asyncDispose]();
  await browser.close();
});

const node = (task: string, state: number) =>
  page.locator(`[data-testid="task-node"][data-task="${task}"][data-state="${state}"]`).first();
const terminal = () => page.getByTestId("terminal").locator("visible=true").first();

test("what was wrong before the start is on the page at once: warnings alone in a button beside the text", async () => {
  const button = page.getByTestId("draft-button");
  await button.waitFor(LONG);
  expect(await button.innerText()).toContain("1 warning");
  // The brief is not covered by what changes little from save to save.
  expect(await page.getByTestId("draft-panel").count()).toBe(0);
  const brief = page.locator(".p-brief");
  expect(await brief.getByText("Its text.").isVisible()).toBe(true);
  await brief.getByText("There is no component ::no-such-box").waitFor(LONG);
  await dev.says(/index\.md:\d+:1 warning AG081 there is no component no-such-box/);
});

test("a save while the page is open: text and graph change, the terminal, its shell and the scroll stay", async () => {
  await typeLine(page, "touch /srv/loop/one; echo shell is $((40 + 2)) pid-$$");
  await terminal()
    .filter({ hasText: /shell is 42 pid-\d+/ })
    .waitFor(LONG);
  await node("verify_one", 40).waitFor(LONG);
  const brief = page.locator(".p-brief .brief");
  await brief.evaluate((one) => (one.scrollTop = 500));
  await page.evaluate(() => ((window as unknown as { stayed: boolean }).stayed = true));

  dev.save("index.md", challengeText(words("Second words."), tasks, GROUND));
  await page
    .getByText("Second words.")
    .first()
    .waitFor({ ...LONG, state: "attached" });
  expect(await brief.evaluate((one) => one.scrollTop)).toBe(500);
  expect(await node("verify_one", 40).getAttribute("data-generation")).toBe("0");

  // One task changes, one vanishes, one is new.
  dev.save(
    "index.md",
    challengeText(
      words("Third words."),
      {
        verify_one: "test -e /srv/loop/one # looked at anew",
        verify_three: "test -e /srv/loop/three",
      },
      GROUND,
    ),
  );
  await page
    .locator('[data-task="verify_one"][data-state="40"][data-generation="1"]')
    .first()
    .waitFor(LONG);
  await node("verify_three", 30).waitFor(LONG);
  expect(await page.locator('[data-testid="task-node"][data-task="verify_two"]').count()).toBe(0);
  await dev.says(/verify_one starts over, verify_three is new, verify_two is gone/);

  // The same page, the same shell.
  expect(await page.evaluate(() => (window as unknown as { stayed?: boolean }).stayed)).toBe(true);
  await typeLine(page, "echo same-$$");
  const text = await terminal().innerText();
  const pid = /pid-(\d+)/.exec(text)?.[1];
  await terminal()
    .filter({ hasText: `same-${pid}` })
    .waitFor(LONG);
});

test("a save leaves alone what it did not change: an open box, a half-typed answer, a chosen tab, a slide", async () => {
  const parts = (sentence: string) => `${sentence}

::details-box
---
:summary: More of it
---
${sentence} In the box.
::

::tabbed
---
:tabs: [{ name: debian, title: Debian }, { name: alpine, title: Alpine }]
---
#debian
With apt. ${sentence}
#alpine
With apk.
::

::slide-show
---
:slides: [{ image: /favicon.ico, alt: first }, { image: /favicon.ico, alt: second }]
---
::

::user-input-task
---
:tasks: tasks
:name: verify_asked
---
#active
Which word? ${sentence}
::
`;
  const asked = `${GROUND}  verify_asked:\n    run: '[ "x(.input)" = word ]'\n    hintcheck: echo Another one.\n`;
  const one = { verify_one: "test -e /srv/loop/one" };
  dev.save("index.md", challengeText(parts("Before the save."), one, asked));
  const brief = page.locator(".p-brief");
  await brief.getByText("Before the save.", { exact: true }).waitFor(LONG);
  await node("verify_asked", 30).waitFor(LONG);
  await brief.getByText("More of it").click();
  await brief.getByRole("tab", { name: "Alpine" }).click();
  await brief.getByRole("button", { name: "Next" }).click();
  await brief.getByTestId("task-input").fill("half a wo");

  dev.save("index.md", challengeText(parts("After the save."), one, asked));
  // The text in the open box, below the chosen tab and beside the field is the new one.
  await brief.getByText("After the save. In the box.").waitFor(LONG);
  await brief.getByText("Which word? After the save.").waitFor(LONG);
  expect(await brief.getByTestId("task-input").inputValue()).toBe("half a wo");
  expect(await brief.getByRole("tab", { name: "Alpine" }).getAttribute("aria-selected")).toBe(
    "true",
  );
  expect(await brief.getByText("With apk.").isVisible()).toBe(true);
  expect(await brief.locator(".slides [role=status]").innerText()).toBe("2 of 2: second");
  dev.save(
    "index.md",
    challengeText(
      words("Third words."),
      { ...one, verify_three: "test -e /srv/loop/three" },
      GROUND,
    ),
  );
  await node("verify_three", 30).waitFor(LONG);
});

test("what does not load is told with its place, on the page and in the shell, and the play goes on", async () => {
  dev.save(
    "index.md",
    challengeText(
      "Broken.",
      { verify_one: "true" },
      "  verify_x:\n    needs: [nobody]\n    run: 'true'\n",
    ),
  );
  const problem = page.getByTestId("draft-problem").first();
  await problem.waitFor(LONG);
  expect(await problem.innerText()).toMatch(/index\.md:\d+:\d+ error/);
  // The line itself, with a caret below the name that is wrong, and a way to what the code means.
  expect(await problem.locator(".excerpt").innerText()).toMatch(
    /\d+ \| {5}needs: \[nobody\]\n +\| {13}\^/,
  );
  expect(await problem.getByRole("link", { name: "AG059" }).getAttribute("href")).toBe(
    "/problems#AG059",
  );
  await dev.says(/index\.md:\d+:\d+ error/);
  await node("verify_three", 30).waitFor(LONG);
  dev.save(
    "index.md",
    challengeText(
      words("Whole again."),
      { verify_one: "test -e /srv/loop/one", verify_three: "test -e /srv/loop/three" },
      GROUND,
    ),
  );
  await page.getByTestId("draft-panel").waitFor({ ...LONG, state: "detached" });
});

test("a script that bash cannot read keeps nothing from being shown, and hints of an own draft cost nothing", async () => {
  const hint = "::hint-box\n---\n:summary: Where to look\n---\nIn the secret place.\n::\n";
  const one = { verify_one: "test -e /srv/loop/one" };
  const broken = "  helper_broken:\n    helper: true\n    run: if true\n";
  dev.save("index.md", challengeText(`Read all the same.\n\n${hint}`, one, GROUND + broken));
  const panel = page.getByTestId("draft-panel");
  await panel.getByText("1 script that bash cannot read").waitFor(LONG);
  expect(await panel.innerText()).not.toContain("does not load");
  const brief = page.locator(".p-brief");
  await brief.getByText("Read all the same.").waitFor(LONG);
  await panel.getByRole("button", { name: "Put away" }).click();
  await brief
    .getByRole("button", { name: /Where to look|Show/ })
    .first()
    .click();
  // No question about points in between.
  await brief.getByText("In the secret place.").waitFor(LONG);
  dev.save(
    "index.md",
    challengeText(
      words("Whole again."),
      { ...one, verify_three: "test -e /srv/loop/three" },
      GROUND,
    ),
  );
  await node("verify_three", 30).waitFor(LONG);
});

test("the debugger below the graph shows runs, and runs a task again without moving it", async () => {
  await node("verify_three", 30).click();
  const panel = page.getByTestId("task-debugger");
  await panel.getByText("test -e /srv/loop/three").first().waitFor(LONG);
  // A new round comes above the others, which stay the rows that they were: what is selected in one stays so.
  const runs = panel.getByTestId("task-run");
  const marked = await runs
    .first()
    .evaluate((row) => Object.assign(row, { marked: true }).querySelector(".runhead")?.textContent);
  await expect
    .poll(
      () =>
        runs.evaluateAll((rows) => {
          const at = rows.findIndex((row) => "marked" in row);
          return at > 0 ? rows[at]?.querySelector(".runhead")?.textContent : undefined;
        }),
      LONG,
    )
    .toBe(marked);
  await panel.getByTestId("run-again").click();
  await panel.locator('[data-testid="task-run"][data-dry="true"]').first().waitFor(LONG);
  await node("verify_three", 30).waitFor(LONG);
});

test("a script that hangs is told on the page while it does, and in the shell once it ran out of time", async () => {
  const hang =
    "  verify_hang:\n    timeout_seconds: 9\n    run: echo before; sleep 1000\n    hintcheck: echo Not yet.\n";
  dev.save(
    "index.md",
    challengeText(words("It hangs."), { verify_one: "test -e /srv/loop/one" }, GROUND + hang),
  );
  await node("verify_hang", 30).waitFor(LONG);
  await node("verify_hang", 30).click();
  const panel = page.getByTestId("task-debugger");
  await panel.getByTestId("task-hangs").waitFor(LONG);
  expect(await panel.getByTestId("task-hangs").innerText()).toMatch(/No round ended for \d+ s/);
  await panel.getByText("run ran out of time").first().waitFor(LONG);
  await panel.getByText("before", { exact: true }).first().waitFor(LONG);
  await dev.says(
    /verify_hang ran out of time after 9 s\. It is tried again\. See: \.\/agon task show/,
  );
});

test("a changed init task needs fresh machines: one key gets them, and the page goes on there", async () => {
  const before = page.url();
  dev.save(
    "index.md",
    challengeText(
      words("Fresh ground."),
      { verify_one: "test -e /srv/loop/born" },
      "  init_ground:\n    init: true\n    run: mkdir -p /srv/loop && touch /srv/loop/born\n",
    ),
  );
  await page.getByTestId("draft-fresh").waitFor(LONG);
  await dev.says(/Init task init_ground changed\. Takes full effect in fresh machines/);
  dev.press("r");
  await expect.poll(() => page.url(), LONG).not.toBe(before);
  await node("verify_one", 40).waitFor(LONG);
});
