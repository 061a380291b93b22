import { randomBytes } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { operator } from "../src/ask-operator.ts";
import { violations } from "../src/axe.ts";
import { openBrowser } from "../src/browser.ts";
import { endpoint } from "../src/content.ts";
import { ask } from "../src/graphql.ts";
import { Learner } from "../src/learner.ts";
import { publishFiles } from "../src/library.ts";

const LONG = { timeout: 60_000 };
const id = randomBytes(3).toString("hex");
const name = `class-${id}`;
const head = (rest: string) =>
  `---\ndescription: Made while the tests ran.\ncategories: [networking]\n${rest}\n---\n`;
const day = (inDays: number) =>
  new Date(Date.now() + inDays * 86_400_000).toISOString().slice(0, 10);

let library: Disposable;
let browser: Browser;
let teacher: Learner;
let student: Learner;

/** @param scriptMs milliseconds that each script takes to come: what is clicked meanwhile must not be lost. */
async function pageOf(who: Learner, scriptMs = 0): Promise<Page> {
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    colorScheme: "dark",
    reducedMotion: "reduce",
  });
  await context.addCookies(
    who.cookie.split("; ").map((pair) => {
      const at = pair.indexOf("=");
      return { name: pair.slice(0, at), value: pair.slice(at + 1), url: endpoint };
    }),
  );
  const page = await context.newPage();
  if (scriptMs)
    await page.route(
      (url) => url.pathname.endsWith(".js"),
      async (route) => {
        await pause(scriptMs);
        await route.continue();
      },
    );
  await page.goto(`${endpoint}/trainings/${name}`, { waitUntil: "commit" });
  return page;
}

beforeAll(async () => {
  library = publishFiles({
    [`trainings/${name}/index.md`]: `${head("kind: training\ntitle: A class for the tests")}About it.`,
    [`trainings/${name}/unit-10.md`]:
      "---\nkind: unit\ntitle: The first day\n---\nWords of Monday.",
    [`trainings/${name}/unit-20.md`]:
      "---\nkind: unit\ntitle: The second day\n---\nWords of Tuesday.",
  });
  browser = await openBrowser();
  teacher = await Learner.signUp(`teaches-${id}`);
  student = await Learner.signUp(`learns-${id}`);
  const known = () =>
    ask<{ content: object | null }>(
      'query($n: String!) { content(kind: "training", name: $n) { name } }',
      { n: name },
    );
  while (!(await known()).content) await pause(300);
  await operator(
    "mutation($t: String!, $i: [String!]!) { setTrainingTerms(training: $t, approval: true, instructors: $i) { name } }",
    { t: name, i: [teacher.handle] },
  );
});
afterAll(async () => {
  library?.[Symbol.dispose]();
  await browser?.close();
});

test(
  "a student enrols, an instructor lets them in, and the program opens while their page is open",
  LONG,
  async () => {
    const page = await pageOf(student, 700);
    await page.getByText("Words of Monday.").waitFor();
    expect(await page.getByText("Words of Tuesday.").count()).toBe(0);
    await page.getByRole("button", { name: "Enrol", exact: true }).click();
    await page.locator('[data-testid="enrol"][data-state="waiting"]').waitFor();
    expect(await page.getByTestId("class").count()).toBe(0);

    const desk = await pageOf(teacher);
    const row = desk.getByTestId("student").filter({ hasText: student.handle });
    await desk.getByLabel("First day (UTC)").fill(day(-1));
    await desk.getByLabel("Last day").fill(day(1));
    await desk.getByRole("button", { name: "Save", exact: true }).click();
    await desk.getByText("Saved", { exact: true }).waitFor();
    await row.getByRole("button", { name: "Let in" }).click();
    await desk.locator('[data-testid="student"][data-state="in"]').waitFor();
    expect(await violations(desk, "dark")).toEqual([]);

    await page.getByText("Words of Tuesday.").waitFor();
    await page.getByText("You are enrolled.").waitFor();
    expect(await violations(page, "dark")).toEqual([]);

    // Over since yesterday: lists stop matching, and the way in is closed.
    await desk.getByLabel("First day (UTC)").fill(day(-5));
    await desk.getByLabel("Last day").fill(day(-2));
    // "Saved" may still stand there from the first time: its answer is what tells.
    const stored = desk.waitForResponse((one) =>
      (one.request().postData() ?? "").includes("setTrainingTerms"),
    );
    await desk.getByRole("button", { name: "Save", exact: true }).click();
    await stored;
    await page.reload();
    await page.getByText("It is over.").waitFor();
    expect(await page.getByText("Words of Tuesday.").count()).toBe(0);
  },
);
